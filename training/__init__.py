"""Training: shapes, pictures, data sets, losses, loops, evaluation and export."""

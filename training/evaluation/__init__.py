"""Scores of predictions against held-out shapes, and the page that tells them."""

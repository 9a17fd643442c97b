"""What ours must beat: answers without learning, and other decoders of the same encoder."""

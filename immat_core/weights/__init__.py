"""The shipped networks: weights, graphs and their card."""

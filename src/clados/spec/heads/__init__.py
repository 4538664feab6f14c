"""What is read off the last states."""

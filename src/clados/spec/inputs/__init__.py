"""What happens before the first layer."""

"""What a reader tries on a trained model, as plain data for the pages that show it."""

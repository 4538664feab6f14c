"""What published assistants are beside their model: modules, search, tools, judges, and the loop that joins them."""

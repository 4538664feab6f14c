"""How a model knows where things stand."""

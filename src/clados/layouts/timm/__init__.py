"""Where timm keeps models: names of version 1.0.31, and the config.json of its directories."""

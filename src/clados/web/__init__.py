"""The catalogue as pages: what `clados web` serves on this machine, and what it writes as a site of files."""

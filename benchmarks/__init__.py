"""Speed beside the peers': ratios of interleaved pairs, with the machine's own limits measured in the same run."""

"""What a run's folder says of the run, and the page that is drawn of it; none of it needs torch."""

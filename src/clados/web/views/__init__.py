"""Pages: functions from what is asked to HTML."""

"""What grading is made of: units, submissions, builds, runs, reports."""

"""The student's face: where they stand, what comes next, a hint when asked."""

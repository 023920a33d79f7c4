"""Pages for people: a student's feedback, the class's report."""

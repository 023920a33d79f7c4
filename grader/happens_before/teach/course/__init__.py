"""The course's rules: deadlines, lateness, exceptions, and what students see."""

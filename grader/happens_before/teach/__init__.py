"""The instructor's face: a class graded, exported, reported; the students' edition."""

"""The students' edition: the workbook without what only its instructor may have."""

"""What other libraries compute for a row, in formulae that name no framework."""

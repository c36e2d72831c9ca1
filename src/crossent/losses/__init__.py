"""What is computed: one loss a file, written against a dozen operations of a front end."""

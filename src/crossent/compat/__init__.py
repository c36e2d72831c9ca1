"""Other libraries' names and classes around crossent's losses."""

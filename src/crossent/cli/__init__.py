"""The command line: it reads words, calls the library and shows what comes back."""

"""What ``tools/differential.py`` runs in the process of each revision."""

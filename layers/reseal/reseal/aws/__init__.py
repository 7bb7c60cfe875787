"""The only code that calls AWS: one module or folder for each service."""

"""What people do with a deployed stack, from their own machine and with their own rights."""

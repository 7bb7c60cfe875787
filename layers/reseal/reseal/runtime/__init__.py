"""What Lambda gives the product: settings, wiring, clock, log and metrics."""

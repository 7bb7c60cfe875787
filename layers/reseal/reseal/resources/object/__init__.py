"""What objects do differently in the flow: observe, plan, supersede and write."""

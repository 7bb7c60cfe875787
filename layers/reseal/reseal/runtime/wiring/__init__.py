"""Makes each lane's adapters with their clients. One module a lane: a function loads only its own."""

"""Ways out: SMTP with persistent, pipelined connections; capture, a mailbox of our own from which nothing leaves."""

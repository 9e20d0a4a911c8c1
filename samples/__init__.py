"""Real sample records, and a small local site that serves them. Knows nothing of dq: it plays the world."""

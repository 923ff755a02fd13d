"""Whether people talk with each other in a topic, what they ask, and where else they meet."""

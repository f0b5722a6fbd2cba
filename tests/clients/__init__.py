"""Mail clients and terminal tools that nobody here wrote, against the lab's socket transport."""

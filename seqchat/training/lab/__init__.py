"""Small experiments that train networks of their own: the course's claims as measurements."""

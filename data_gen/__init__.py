"""Problems in, verified training rows out: collect, generate, rewrite, verify, mix, export, one stage a file."""

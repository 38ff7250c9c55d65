"""What `launch.train` is made of: what a training takes, its checks before, its watch while, its records after."""

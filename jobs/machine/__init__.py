"""What the machine offers: packages, threads, TensorFlow's start, compiled programs."""

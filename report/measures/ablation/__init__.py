"""What the network loses or does when units are held."""

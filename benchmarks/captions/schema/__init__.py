"""What can be said of an image: attributes of persons and vehicles, their values, and what shows them."""

"""A class's marks as other systems read them."""

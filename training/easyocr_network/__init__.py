"""Our recogniser of rows as a custom recognition network of EasyOCR."""

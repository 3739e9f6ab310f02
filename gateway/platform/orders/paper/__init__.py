"""The order on paper, as the law still wants it: A4, with a bar code."""

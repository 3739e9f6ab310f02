"""What the gateway is made of, for whoever has to answer for it. No part of the package."""

"""The registers that gates look things up in: port passes, passive e-seals, vehicle seals."""

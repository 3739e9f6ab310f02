"""From evidence to a verdict. Pure: no device, no clock, no store; equal evidence gives an equal verdict, byte for byte."""

"""The kit with which everything is drawn and worded. Knows the model, no findings."""

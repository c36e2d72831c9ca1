"""What rows there are: logits or probabilities, with a label or a distribution each; elements."""

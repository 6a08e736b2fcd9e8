"""The speed of the engine beside its peers': same model, same inputs, same search, in turns."""

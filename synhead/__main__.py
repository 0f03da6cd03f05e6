"""`python -m synhead` is `synhead`."""

from synhead.cli import main

if __name__ == "__main__":
    main()

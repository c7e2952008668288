"""`python -m spanco` is `spanco`."""

from spanco.cli import main

if __name__ == "__main__":
    main()

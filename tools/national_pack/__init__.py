"""The parts of generate_national_pack.py."""

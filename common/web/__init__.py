"""Requests, pages, forms and answers: what every view uses."""

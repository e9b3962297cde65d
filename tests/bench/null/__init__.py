"""The null study: how often does the search confirm a gain where there is none?"""

// first test to come

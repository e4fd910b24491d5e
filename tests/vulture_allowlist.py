"""Names used in ways that vulture does not see. `make check` fails for any other unused name.

Remove a name here when its last use goes.
"""

from typing import Any

_: Any = None

# Settings that Django and its packages read
_.ALLOWED_HOSTS
_.AUTH_PASSWORD_VALIDATORS
_.AUTH_USER_MODEL
_.CONTENT_SECURITY_POLICY
_.CSRF_COOKIE_HTTPONLY
_.CSRF_COOKIE_SECURE
_.CSRF_TRUSTED_ORIGINS
_.DEBUG
_.DEFAULT_AUTO_FIELD
_.FILE_UPLOAD_HANDLERS
_.FORMAT_MODULE_PATH
_.HTTPS_METRICS_PORT
_.HTTP_METRICS_PORT
_.INSTALLED_APPS
_.LOCALE_PATHS
_.LOGGING
_.LOGIN_REDIRECT_URL
_.MIDDLEWARE
_.NUMBER_GROUPING
_.PASSWORD_HASHERS
_.PHONENUMBER_DB_FORMAT
_.PHONENUMBER_DEFAULT_REGION
_.ROOT_URLCONF
_.SECURE_SSL_REDIRECT
_.SESSION_COOKIE_HTTPONLY
_.STATICFILES_DIRS
_.STATIC_ROOT
_.STORAGES
_.TEMPLATES
_.THOUSAND_SEPARATOR
_.USE_TZ
_.WHITENOISE_ALLOW_ALL_ORIGINS
_.WORKER_METRICS_PORT
_.WSGI_APPLICATION
_.X_FRAME_OPTIONS

# Classes named in the settings
_.BodyLimits
_.BoundedUploadHandler
_.HeadersMiddleware
_.JsonLines
_.OneAtATimePBKDF2
_.OnlyOwnProducts
_.PreferencesMiddleware
_.RefusalsWithoutTraceback
_.RequestsMeter
_.SessionSeen
_.SignInAgainMiddleware
_.TraceMiddleware

# Servers and their configuration
_.WebWorker
_.can_write_eof
_.control_socket_disable
_.daemon_threads
_.exc
_.get_write_buffer_size
_.handle_error
_.is_closing
_.load_config
_.log_message
_.logconfig_dict
_.machines_behind_proxy
_.worker_class
_.worker_tmp_dir

# Columns that queries name, or that templates show
_.closed_at
_.closed_by
_.dynamic_registration_changed_by
_.finished_at
_.first_name
_.first_seen
_.id
_.lease_until
_.started_at
_.used_at
_.void_reason

# Attributes that templates show
_.advice
_.alternative_tried
_.lasts_minutes
_.auto_id
_.count_url
_.current_password
_.dressed
_.expires_in
_.explanation
_.has_alternative
_.has_rare
_.hints
_.just_sent
_.masked_number
_.meaning
_.next_step
_.open_products
_.percent
_.post_url
_.product_name
_.qr
_.resend_in
_.resend_reason
_.shows_codes_locally
_.stalled
_.undoable
_.unfinished

# Methods and attributes that Django and django-otp use
_.After
_.Among
_.Before
_.Prefix
_._aget_session_from_db
_._get_session_auth_hash
_._session_key
_.acreate_model_instance
_.adelete
_.aexists
_.allow_multiple_selected
_.arity
_.bad_request
_.generate_token
_.get_cooldown_duration
_.get_throttle_factor
_.input_type
_.last_generated_timestamp
_.open_for
_.prepare_rhs
_.process_view
_.queryset
_.redirect_authenticated_user
_.server_error
_.use_required_attribute

# Methods and attributes that other libraries use
_.CharacterDataHandler
_.CommentHandler
_.EndElementHandler
_.ProcessingInstructionHandler
_.StartDoctypeDeclHandler
_.StartElementHandler
_.base_url
_.buffer_text
_.connect_timeout
_.detectable
_.exc_text
_.font
_.freeze_panes
_.handleError
_.num_tickets
_.number_format
_.on_connect
_.on_message
_.on_publish
_.read1
_.seekable
_.userdata

# Names in annotations that are strings
_.TlsProtocol
_.UploadedFile
_._Closable

# Filters, by method name
_.by_activation
_.by_age
_.by_compromise
_.by_reason
_.by_result
_.by_state
_.by_text

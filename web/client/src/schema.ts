// Made from docs/openapi.json by scripts/generate: not to be edited.

export interface paths {
    "/api/v1/api-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List keys
         * @description Revoked ones too.
         */
        get: operations["list_api_keys"];
        put?: never;
        /**
         * Make a key
         * @description No key makes keys. It asks for a recent proof of who you are.
         */
        post: operations["create_api_key"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/api-keys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a key
         * @description What is kept of it.
         */
        get: operations["read_api_key"];
        put?: never;
        post?: never;
        /**
         * Revoke a key
         * @description It ends at once, and stays in the list.
         */
        delete: operations["revoke_api_key"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/attachments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List files
         * @description Newest first.
         */
        get: operations["list_attachments"];
        put?: never;
        /**
         * Upload a file
         * @description The body is the file itself. Taken are pictures (JPEG, PNG, GIF, WebP, HEIC), PDF, MP4, M4A, MP3, Ogg, DOCX, XLSX, CSV and
         *     plain text up to 20 MB, when bytes, extension and media type agree; what a browser could run is refused.
         */
        post: operations["upload_attachment"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/attachments/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read about a file */
        get: operations["read_attachment"];
        put?: never;
        post?: never;
        /** Remove a file */
        delete: operations["delete_attachment"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/attachments/{id}/content": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Download a file
         * @description Always to be saved, never to be shown in the page.
         */
        get: operations["download_attachment"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the audit
         * @description Newest first.
         */
        get: operations["list_audit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit/verification": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Verify the audit
         * @description Recounts the chain from its beginning; with a head that was kept elsewhere also whether that one is still in it.
         */
        get: operations["verify_audit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/confirm": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Show again who you are
         * @description For ten minutes after it, what needs a recent proof (members, keys, second factors) is open to this session.
         */
        post: operations["confirm_identity"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/invitations/read": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Look at an invitation
         * @description Who has the token of the link sees what it invites to. A POST, so that the token stands in no log.
         */
        post: operations["read_invitation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/invitations/sign-up": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign up by an invitation
         * @description Makes the account of the invited address, joins the workspace, and signs in.
         */
        post: operations["sign_up"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign in
         * @description Sets the session's cookie, or asks for the second factor. The same answer, after the same work, whether the account exists
         *     or not. After five wrong passwords in a row the account waits, longer each time.
         */
        post: operations["sign_in"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/login/second-factor": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign in: the second step
         * @description With a code of the person's app, or a recovery code, each of which counts once.
         */
        post: operations["pass_second_factor"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign out
         * @description Ends the session and takes its cookie away.
         */
        post: operations["sign_out"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/password-reset": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask for a new password
         * @description A link goes to the address, if there is an account; the answer is the same if there is none. It is good once, for half an
         *     hour, and asking is possible also while the account waits after wrong passwords.
         */
        post: operations["request_password_reset"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/password-reset/confirm": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Set a new password
         * @description With the token of the mail. Ends every session of the person; signing in comes after it.
         */
        post: operations["reset_password"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/availability": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List who takes conversations */
        get: operations["list_availability"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/availability/{user_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read whether an agent takes conversations */
        get: operations["read_availability"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change whether an agent takes conversations
         * @description Agents change their own, admins everybody's. Who comes online gets what waits in the queue.
         */
        patch: operations["change_availability"];
        trace?: never;
    };
    "/api/v1/canned_responses": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List canned responses
         * @description Others' private ones are never among them.
         */
        get: operations["list_canned_responses"];
        put?: never;
        /** Make a canned response */
        post: operations["create_canned_response"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/canned_responses/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a canned response */
        get: operations["read_canned_response"];
        put?: never;
        post?: never;
        /** Remove a canned response */
        delete: operations["delete_canned_response"];
        options?: never;
        head?: never;
        /** Change a canned response */
        patch: operations["change_canned_response"];
        trace?: never;
    };
    "/api/v1/canned_responses/{id}/render": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Fill a canned response in
         * @description Known are `name` or `customer_name`, `email` or `customer_email`, `phone` or `customer_phone`, `company`, `conversation_number`,
         *     `subject`, `agent_name` and `workspace_name`; others are given as `variables`.
         */
        post: operations["render_canned_response"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/channels": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List channels */
        get: operations["list_channels"];
        put?: never;
        /**
         * Make a channel
         * @description What is given as credentials is kept encrypted and never shown again.
         */
        post: operations["create_channel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/channels/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a channel */
        get: operations["read_channel"];
        put?: never;
        post?: never;
        /** Remove a channel */
        delete: operations["delete_channel"];
        options?: never;
        head?: never;
        /**
         * Change a channel
         * @description Credentials are replaced as a whole.
         */
        patch: operations["change_channel"];
        trace?: never;
    };
    "/api/v1/conversations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List conversations
         * @description A page of the inbox. Open conversations of one agent: `status=active,escalated&assigned_agent_id=…`.
         */
        get: operations["list_conversations"];
        put?: never;
        /**
         * Begin a conversation
         * @description Begins a conversation with a customer; a message is sent in it afterwards.
         */
        post: operations["create_conversation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/conversations/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a conversation */
        get: operations["read_conversation"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change a conversation
         * @description Its subject, priority, tags, language, department and attributes. Status and agent are changed by the operations for them.
         */
        patch: operations["change_conversation"];
        trace?: never;
    };
    "/api/v1/conversations/{id}/assignment": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Assign a conversation
         * @description To an agent, to a team's queue, or, with neither, to whoever is free: the least loaded who is online, within his hours and in
         *     the right team. If nobody is, it stays in the queue.
         */
        put: operations["assign_conversation"];
        post?: never;
        /** Put a conversation back into the queue */
        delete: operations["unassign_conversation"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/conversations/{id}/merge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Merge a conversation into another
         * @description Its messages go into the other; it stays as a pointer and can be taken out again.
         */
        post: operations["merge_conversation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/conversations/{id}/messages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List messages
         * @description Of one conversation, the last first.
         */
        get: operations["list_messages"];
        put?: never;
        /**
         * Send a message
         * @description An agent's answer. It is stored and put on the queue of its channel in one commit; what becomes of it is its delivery status.
         */
        post: operations["send_message"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/conversations/{id}/notes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List notes
         * @description Of one conversation, newest first.
         */
        get: operations["list_notes"];
        put?: never;
        /** Write a note */
        post: operations["create_note"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/conversations/{id}/participants": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List participants
         * @description Who follows a conversation or was mentioned in it.
         */
        get: operations["list_participants"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/conversations/{id}/participants/{person_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Follow a conversation
         * @description Twice changes nothing.
         */
        put: operations["add_participant"];
        post?: never;
        /** Follow a conversation no more */
        delete: operations["remove_participant"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/conversations/{id}/presence": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Tells who has a conversation in view or is typing in it, by live connections to any process. */
        get: operations["list_conversation_presence"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/conversations/{id}/rating": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Record the customer's rating
         * @description A second one corrects the first.
         */
        put: operations["rate_conversation"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/conversations/{id}/read-mark": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Mark a conversation as read
         * @description By the person who asks.
         */
        put: operations["mark_read"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/conversations/{id}/reopen": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Reopen a conversation
         * @description With the agent it had.
         */
        post: operations["reopen_conversation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/conversations/{id}/resolve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Resolve a conversation
         * @description Resolving twice changes nothing.
         */
        post: operations["resolve_conversation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/conversations/{id}/scheduled-messages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List scheduled messages
         * @description Of one conversation, the next first; with those that were sent or taken back.
         */
        get: operations["list_scheduled_messages"];
        put?: never;
        /**
         * Send a message later
         * @description It is said when its time comes, and can be taken back before.
         */
        post: operations["schedule_message"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/conversations/{id}/snooze": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Put a conversation aside */
        put: operations["snooze_conversation"];
        post?: never;
        /** Bring a conversation back that was put aside */
        delete: operations["wake_conversation"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/conversations/{id}/tags": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Add and remove tags
         * @description Those that are not named stay, also those that somebody else adds at the same moment.
         */
        post: operations["change_tags"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/conversations/{id}/transfers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask another agent to take a conversation over
         * @description It stays where it is until the other accepts, within an hour.
         */
        post: operations["transfer_conversation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/conversations/{id}/unmerge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take a merged conversation out again
         * @description With the messages it brought.
         */
        post: operations["unmerge_conversation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/conversations/bulk": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Change many conversations
         * @description Up to 100, each by itself: those that cannot be changed are named with the reason, the others are changed. With an
         *     `Idempotency-Key` a repeated request changes nothing and has the same answer.
         */
        post: operations["change_conversations"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/conversations/scheduled-messages/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Take a scheduled message back
         * @description Twice changes nothing; one that was sent stays sent.
         */
        delete: operations["cancel_scheduled_message"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/conversations/transfers/{id}/accept": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Accept a transfer
         * @description By the agent who was asked.
         */
        post: operations["accept_transfer"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/conversations/transfers/{id}/reject": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Reject a transfer
         * @description The conversation stays where it is.
         */
        post: operations["reject_transfer"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/custom_attributes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List custom attributes */
        get: operations["list_custom_attributes"];
        put?: never;
        /** Make a custom attribute */
        post: operations["create_custom_attribute"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/custom_attributes/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a custom attribute */
        get: operations["read_custom_attribute"];
        put?: never;
        post?: never;
        /**
         * Remove a custom attribute
         * @description The values that were given stay where they are.
         */
        delete: operations["delete_custom_attribute"];
        options?: never;
        head?: never;
        /** Change a custom attribute */
        patch: operations["change_custom_attribute"];
        trace?: never;
    };
    "/api/v1/customers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List customers
         * @description Newest first. Records that were merged into another are not shown.
         */
        get: operations["list_customers"];
        put?: never;
        /** Make a customer */
        post: operations["create_customer"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/customers/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a customer
         * @description A record that was merged says into which.
         */
        get: operations["read_customer"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Change a customer */
        patch: operations["change_customer"];
        trace?: never;
    };
    "/api/v1/customers/{id}/merge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Merge a customer into another
         * @description Conversations and identities of both are then with the second; the first points to it. An opt-out of either stands.
         */
        post: operations["merge_customers"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/customers/{id}/timeline": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a customer's timeline
         * @description What happened to the customer and in the newest two hundred conversations, newest first.
         */
        get: operations["read_customer_timeline"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/exports/customers/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Export a customer
         * @description Everything that is kept about the person, in one document: profile, identities, conversations, messages and notes.
         */
        get: operations["export_customer"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/intent_patterns": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List intent patterns */
        get: operations["list_intent_patterns"];
        put?: never;
        /** Make an intent pattern */
        post: operations["create_intent_pattern"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/intent_patterns/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read an intent pattern */
        get: operations["read_intent_pattern"];
        put?: never;
        post?: never;
        /** Remove an intent pattern */
        delete: operations["delete_intent_pattern"];
        options?: never;
        head?: never;
        /** Change an intent pattern */
        patch: operations["change_intent_pattern"];
        trace?: never;
    };
    "/api/v1/invitations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List invitations */
        get: operations["list_invitations"];
        put?: never;
        /**
         * Invite somebody
         * @description A mail goes to the address. Only owners invite owners. It asks for a recent proof of who you are.
         */
        post: operations["create_invitation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/invitations/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Take an invitation back */
        delete: operations["revoke_invitation"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/knowledge/categories": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List categories */
        get: operations["list_knowledge_categories"];
        put?: never;
        /** Make a category */
        post: operations["create_knowledge_category"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/knowledge/categories/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a category */
        get: operations["read_knowledge_category"];
        put?: never;
        post?: never;
        /** Remove a category */
        delete: operations["delete_knowledge_category"];
        options?: never;
        head?: never;
        /** Change a category */
        patch: operations["change_knowledge_category"];
        trace?: never;
    };
    "/api/v1/knowledge/items": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List articles */
        get: operations["list_knowledge_items"];
        put?: never;
        /**
         * Make an article
         * @description Without a status it is a draft.
         */
        post: operations["create_knowledge_item"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/knowledge/items/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read an article */
        get: operations["read_knowledge_item"];
        put?: never;
        post?: never;
        /** Remove an article */
        delete: operations["delete_knowledge_item"];
        options?: never;
        head?: never;
        /** Change an article */
        patch: operations["change_knowledge_item"];
        trace?: never;
    };
    "/api/v1/knowledge/items/{id}/archive": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Archive an article
         * @description It is not found any more, and stays with its versions.
         */
        post: operations["archive_knowledge_item"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/knowledge/items/{id}/publish": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Publish an article
         * @description It is found from now on by those it is for.
         */
        post: operations["publish_knowledge_item"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/knowledge/items/{id}/versions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List an article's versions
         * @description The present text first.
         */
        get: operations["list_knowledge_versions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/knowledge/items/{id}/versions/{version}/restore": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make an old text the present one
         * @description As a new version; none is lost.
         */
        post: operations["restore_knowledge_version"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/knowledge/search": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Search the knowledge */
        get: operations["search_knowledge"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Opens a WebSocket for presence and typing. The client says `{"type": "view", "conversation_id": …}` and
         *     `{"type": "typing", "is_typing": true}`; the server says `present` (everybody who is there, once), `person` (one of whom
         *     something changed) and `problem`.
         */
        get: operations["open_live"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read the own profile */
        get: operations["read_me"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Change the own profile */
        patch: operations["change_me"];
        trace?: never;
    };
    "/api/v1/me/invitations/accept": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Accept an invitation
         * @description By the person whose address is invited.
         */
        post: operations["accept_invitation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Change the password
         * @description Ends all other sessions of the person, and tells the person by mail.
         */
        put: operations["change_password"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/recovery-codes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make new recovery codes
         * @description The old ones are void. It asks for a recent proof of who you are.
         */
        post: operations["renew_recovery_codes"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/second-factor": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Begin a second factor
         * @description Gives a new secret for an app of one-time passwords (TOTP). It asks for a recent proof of who you are.
         */
        post: operations["offer_second_factor"];
        /**
         * Take the second factor away
         * @description With its recovery codes. It asks for a recent proof of who you are.
         */
        delete: operations["remove_second_factor"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/second-factor/confirm": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Put the second factor into force
         * @description With a first code of the app. The answer holds the recovery codes.
         */
        post: operations["confirm_second_factor"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List sessions
         * @description Where the person is signed in.
         */
        get: operations["list_sessions"];
        put?: never;
        post?: never;
        /** End all other sessions */
        delete: operations["end_other_sessions"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/sessions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** End a session */
        delete: operations["end_session"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/workspace": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Work in another workspace
         * @description From now on requests of this session that name no workspace are meant for this one.
         */
        put: operations["choose_workspace"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/members": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List members */
        get: operations["list_members"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/members/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a member */
        get: operations["read_member"];
        put?: never;
        post?: never;
        /**
         * Remove a member
         * @description Open conversations go back to the queue; what the member did stays. It asks for a recent proof of who you are.
         */
        delete: operations["remove_member"];
        options?: never;
        head?: never;
        /**
         * Change a member's role
         * @description Only owners change owners, and the last owner stays one. It asks for a recent proof of who you are.
         */
        patch: operations["change_member"];
        trace?: never;
    };
    "/api/v1/reports/daily": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the figures of days
         * @description As JSON, or with `Accept: text/csv` as a table. At most 50,000 rows; days that have more of them in this cut are refused,
         *     never cut off.
         */
        get: operations["read_daily_report"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/reports/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the figures of this moment
         * @description At most 15 seconds old.
         */
        get: operations["read_live_figures"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/reports/percentiles": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read percentiles
         * @description Over all conversations of the time at once: percentiles of days cannot be added up.
         */
        get: operations["read_percentiles"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/routing_rules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List routing rules */
        get: operations["list_routing_rules"];
        put?: never;
        /** Make a routing rule */
        post: operations["create_routing_rule"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/routing_rules/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a routing rule */
        get: operations["read_routing_rule"];
        put?: never;
        post?: never;
        /** Remove a routing rule */
        delete: operations["delete_routing_rule"];
        options?: never;
        head?: never;
        /** Change a routing rule */
        patch: operations["change_routing_rule"];
        trace?: never;
    };
    "/api/v1/saved_views": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List saved views
         * @description One's own, and those that are shared.
         */
        get: operations["list_saved_views"];
        put?: never;
        /** Make a saved view */
        post: operations["create_saved_view"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/saved_views/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a saved view */
        get: operations["read_saved_view"];
        put?: never;
        post?: never;
        /** Remove a saved view */
        delete: operations["delete_saved_view"];
        options?: never;
        head?: never;
        /** Change a saved view */
        patch: operations["change_saved_view"];
        trace?: never;
    };
    "/api/v1/search/messages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Search messages
         * @description Newest first.
         */
        get: operations["search_messages"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/settings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List settings */
        get: operations["list_settings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/settings/{key}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a setting */
        get: operations["read_setting"];
        /**
         * Change a setting
         * @description A key that is not there yet is made: one's own, which this version does not obey.
         */
        put: operations["change_setting"];
        post?: never;
        /**
         * Take a setting away
         * @description Where the key has a default, it applies again.
         */
        delete: operations["delete_setting"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/setup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Set the installation up
         * @description Makes the first owner and signs in. Possible once, with the token of the address that `romashka serve` or `romashka up` prints.
         */
        post: operations["set_up"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sla_policies": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List policies */
        get: operations["list_sla_policies"];
        put?: never;
        /** Make a policy */
        post: operations["create_sla_policy"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sla_policies/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a policy */
        get: operations["read_sla_policy"];
        put?: never;
        post?: never;
        /** Remove a policy */
        delete: operations["delete_sla_policy"];
        options?: never;
        head?: never;
        /** Change a policy */
        patch: operations["change_sla_policy"];
        trace?: never;
    };
    "/api/v1/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Sends what happens in the workspace as server-sent events, from the event that `Last-Event-ID` names on, else from now
         *     on. An event without a name is one of the ledger; `ready` says that the stream has its place, `reset` that what follows
         *     the last event is not kept any more, so that everything has to be loaded anew.
         */
        get: operations["stream_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tags": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List tags in use */
        get: operations["list_tags"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/teams": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List teams */
        get: operations["list_teams"];
        put?: never;
        /** Make a team */
        post: operations["create_team"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/teams/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a team */
        get: operations["read_team"];
        put?: never;
        post?: never;
        /**
         * Remove a team
         * @description Its conversations go on without a team only after they were given to another: while one has it, it stays.
         */
        delete: operations["delete_team"];
        options?: never;
        head?: never;
        /** Change a team */
        patch: operations["change_team"];
        trace?: never;
    };
    "/api/v1/teams/{id}/members": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List a team's members */
        get: operations["list_team_members"];
        put?: never;
        /** Put a member into a team */
        post: operations["add_team_member"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/teams/{id}/members/{user_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Take a member out of a team */
        delete: operations["remove_team_member"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/templates": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List templates */
        get: operations["list_templates"];
        put?: never;
        /** Make a template */
        post: operations["create_template"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/templates/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a template */
        get: operations["read_template"];
        put?: never;
        post?: never;
        /** Remove a template */
        delete: operations["delete_template"];
        options?: never;
        head?: never;
        /** Change a template */
        patch: operations["change_template"];
        trace?: never;
    };
    "/api/v1/webhooks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List webhooks */
        get: operations["list_webhooks"];
        put?: never;
        /**
         * Make a webhook
         * @description The answer holds the key that its posts are signed with. It is not shown again.
         */
        post: operations["create_webhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhooks/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a webhook */
        get: operations["read_webhook"];
        put?: never;
        post?: never;
        /** Remove a webhook */
        delete: operations["delete_webhook"];
        options?: never;
        head?: never;
        /**
         * Change a webhook
         * @description Switching it on again forgets its failures.
         */
        patch: operations["change_webhook"];
        trace?: never;
    };
    "/api/v1/webhooks/{id}/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List a webhook's deliveries
         * @description The newest first, with every attempt.
         */
        get: operations["list_webhook_deliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhooks/{id}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Put events out again
         * @description Under the ids they had, so that a receiver who has them already drops them.
         */
        post: operations["replay_webhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhooks/{id}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Test a webhook
         * @description Puts out an event `webhook.test` to this subscription alone.
         */
        post: operations["test_webhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/website/{widget}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a widget
         * @description By the public token that stands in the page.
         */
        get: operations["read_widget"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/website/{widget}/attachments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Upload a file as a visitor
         * @description The body is the file itself, the type of its content is declared in the header. It is sent with a message afterwards.
         */
        post: operations["upload_visitor_attachment"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/website/{widget}/attachments/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Download a file as a visitor
         * @description Of his talk, or one that he has not sent yet. No browser runs what is in it.
         */
        get: operations["download_visitor_attachment"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/website/{widget}/conversation": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * See how the talk stands
         * @description `conversation_id` (null before the first message), `status`, `unread`, `read_by_agent_at`, `agent`, `can_rate`, `rating`,
         *     `started_at`.
         */
        get: operations["read_visitor_conversation"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/website/{widget}/identity": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Prove who a visitor is
         * @description By a secret of the site's owner. What was said under the bearer's token before, when nothing was proven, is the proven
         *     visitor's from then on; a session that was proven for somebody else ends.
         */
        post: operations["verify_visitor"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/website/{widget}/messages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read what was said
         * @description With this visitor at this widget: the newest 50, oldest first. Nothing from another channel, and no notes.
         */
        get: operations["list_visitor_messages"];
        put?: never;
        /**
         * Write as a visitor
         * @description Opens the visitor's conversation or goes on with it. The same `client_message_id` is stored once.
         */
        post: operations["send_visitor_message"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/website/{widget}/rating": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Rate the talk
         * @description Once somebody has answered. A second rating corrects the first.
         */
        put: operations["rate_visitor_conversation"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/website/{widget}/read": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Say what was read
         * @description Everything up to a message. What was read stays read.
         */
        post: operations["mark_visitor_read"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/website/{widget}/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * See the talk live
         * @description Server-sent events, from the event that `Last-Event-ID` names on, else from now on: `ready` (the place is found: what is
         *     read now and what comes from here on have no gap between them), `message`, `status`, `typing`, `conversation`, `reset`.
         */
        get: operations["stream_visitor_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/website/{widget}/typing": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Say that one types
         * @description Shown to agents for eight seconds. What is typed is not sent.
         */
        post: operations["show_visitor_typing"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/website/{widget}/visitors": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Begin as a visitor
         * @description Gives a token by which the browser is known from then on.
         */
        post: operations["create_visitor"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/website/{widget}/visitors/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Leave
         * @description Ends the session, as the log-out of the page does. The talk stays with the workspace.
         */
        delete: operations["end_visitor"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/widgets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List widgets
         * @description Newest first.
         */
        get: operations["list_widgets"];
        put?: never;
        /** Make a widget */
        post: operations["create_widget"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/widgets/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a widget's set-up */
        get: operations["read_own_widget"];
        put?: never;
        post?: never;
        /**
         * Remove a widget
         * @description The sessions of its visitors end; their conversations stay.
         */
        delete: operations["delete_widget"];
        options?: never;
        head?: never;
        /** Change a widget */
        patch: operations["change_widget"];
        trace?: never;
    };
    "/api/v1/widgets/{id}/secrets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the identity secrets of a widget */
        get: operations["list_widget_secrets"];
        put?: never;
        /**
         * Make an identity secret of a widget
         * @description A widget has two at most, so that one replaces the other without a gap. It is shown once.
         */
        post: operations["create_widget_secret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/widgets/{id}/secrets/{secret}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Remove an identity secret of a widget
         * @description What it signs proves nothing any more; sessions that it opened go on until they end.
         */
        delete: operations["delete_widget_secret"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/widgets/{id}/token": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** See how a widget is put on a site */
        get: operations["read_widget_snippet"];
        put?: never;
        /**
         * Give a widget a new token
         * @description The one before finds nothing from then on: pages that carry it show no chat.
         */
        post: operations["renew_widget_token"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/workflows": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List workflows */
        get: operations["list_workflows"];
        put?: never;
        /** Make a workflow */
        post: operations["create_workflow"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/workflows/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a workflow */
        get: operations["read_workflow"];
        put?: never;
        post?: never;
        /** Remove a workflow */
        delete: operations["delete_workflow"];
        options?: never;
        head?: never;
        /** Change a workflow */
        patch: operations["change_workflow"];
        trace?: never;
    };
    "/api/v1/workspaces": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List workspaces
         * @description Those that the person is a member of.
         */
        get: operations["list_workspaces"];
        put?: never;
        /**
         * Make a workspace
         * @description Its owner is the one who asks.
         */
        post: operations["create_workspace"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/workspaces/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a workspace
         * @description The one that the request works in.
         */
        get: operations["read_workspace"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Change a workspace */
        patch: operations["change_workspace"];
        trace?: never;
    };
    "/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Whether the process lives
         * @description Asks nothing of the database: restart the process when this fails, and only then.
         */
        get: operations["read_health"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Figures for Prometheus
         * @description Requests, their times, and the pool of connections. Answered to callers of a private network alone.
         */
        get: operations["read_metrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Whether the process can serve
         * @description Send it no requests while this fails: the database cannot be reached, or has no schema.
         */
        get: operations["read_readiness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * @description What an agent says of himself.
         * @enum {string}
         */
        AgentStatus: "available" | "busy" | "away" | "offline";
        /** @description A key, without the key itself. */
        ApiKey: {
            /**
             * Format: date-time
             * @description When it was made.
             */
            created_at: string;
            /**
             * Format: uuid
             * @description Who made it.
             */
            created_by?: string | null;
            /** @description Its first characters. */
            display_prefix: string;
            /**
             * Format: date-time
             * @description When it ends; absent for never.
             */
            expires_at?: string | null;
            /**
             * Format: uuid
             * @description Its identity.
             */
            id: string;
            /** @description Its last characters. */
            last_four: string;
            /**
             * Format: date-time
             * @description When it was last used, to the minute.
             */
            last_used_at?: string | null;
            /** @description What it is for. */
            name: string;
            /**
             * Format: date-time
             * @description When it was revoked.
             */
            revoked_at?: string | null;
            /** @description What it may do, as a member of this role could. */
            role: string;
            /** @description Which resources it may read or write. */
            scopes: string[];
        };
        /** @description A code of the app. */
        AppCode: {
            /** @description Six digits. */
            code: string;
        };
        /** @description To whom a conversation goes. */
        Assignment: {
            /**
             * Format: uuid
             * @description The agent.
             * @default null
             */
            agent_id?: string | null;
            /**
             * Format: uuid
             * @description The team, into whose queue it goes when no agent is named.
             * @default null
             */
            team_id?: string | null;
        };
        /** @description A file. */
        Attachment: {
            /**
             * Format: uuid
             * @description The conversation it is in.
             */
            conversation_id?: string | null;
            /**
             * Format: date-time
             * @description When it was added.
             */
            created_at: string;
            /** @description SHA-256 of its content in hexadecimal digits. */
            file_hash?: string | null;
            /**
             * Format: int64
             * @description Its size in bytes.
             */
            file_size?: number | null;
            /** @description Its name, without a path. */
            filename: string;
            /**
             * Format: uuid
             * @description Its identity.
             */
            id: string;
            /**
             * Format: uuid
             * @description The message it came with.
             */
            message_id?: string | null;
            /** @description Its media type, as its bytes say. */
            mime_type?: string | null;
            /**
             * Format: uuid
             * @description The member who added it.
             */
            uploaded_by?: string | null;
        };
        /**
         * @description What has an attribute.
         * @enum {string}
         */
        AttributeOwner: "conversation" | "customer";
        /**
         * @description What values an attribute has.
         * @enum {string}
         */
        AttributeType: "text" | "number" | "boolean" | "date" | "list" | "link";
        /** @description A change that was recorded. */
        AuditEntry: {
            /** @description INSERT, UPDATE, DELETE, TRUNCATE, REDACT, or what a program recorded. */
            action: string;
            /**
             * Format: uuid
             * @description Who did it, kept when the person is gone.
             */
            actor_id?: string | null;
            /** @description customer, agent, ai, workflow, system or api. */
            actor_kind: string;
            /**
             * Format: uuid
             * @description The key it was done with.
             */
            api_key_id?: string | null;
            /** @description The chain's hash up to it, SHA-256 in hexadecimal digits. */
            chain_hash?: string | null;
            /**
             * Format: int64
             * @description Its place in the chain; none until it is sealed.
             */
            chain_position?: number | null;
            /** @description Of an update the columns with before and after, else the row; of secrets only that they changed. */
            changes?: Record<string, never> | null;
            /**
             * Format: date-time
             * @description When it happened.
             */
            created_at: string;
            /**
             * Format: uuid
             * @description The row.
             */
            entity_id?: string | null;
            /** @description The table, or what a program recorded. */
            entity_type: string;
            /**
             * Format: uuid
             * @description Its identity.
             */
            id: string;
            /** @description From where. */
            ip_address?: string | null;
            /**
             * Format: date-time
             * @description When personal data was taken out of it.
             */
            redacted_at?: string | null;
            /** @description With which program. */
            user_agent?: string | null;
            /**
             * Format: uuid
             * @description The person who did it.
             */
            user_id?: string | null;
        };
        /** @description What is wrong with the audit. */
        AuditFault: {
            /**
             * Format: uuid
             * @description The row.
             */
            audit_id?: string | null;
            /**
             * Format: int64
             * @description The place in the chain.
             */
            chain_position?: number | null;
            /** @description The fault in words. */
            detail?: string | null;
            /** @description What kind of fault. */
            problem: string;
        };
        /** @description The last row of the chain. One that is kept elsewhere proves that nothing before it was changed. */
        AuditHead: {
            /** @description The chain's hash, SHA-256 in hexadecimal digits. */
            chain_hash?: string | null;
            /**
             * Format: int64
             * @description Its place.
             */
            chain_position?: number | null;
        };
        /** @description Whether the audit is whole. */
        AuditVerdict: {
            /** @description What is wrong, the first hundred. */
            faults: components["schemas"]["AuditFault"][];
            head?: components["schemas"]["AuditHead"] | null;
            /** @description Whether nothing is wrong. */
            is_whole: boolean;
        };
        /** @description Whether an agent takes conversations. */
        Availability: {
            /**
             * Format: uuid
             * @description The agent.
             */
            agent_id: string;
            /**
             * Format: int32
             * @description After how many seconds without activity the agent is away; 0 for never.
             */
            auto_away_time: number;
            /**
             * Format: int32
             * @description How many open conversations the agent has.
             */
            current_chat_count: number;
            /** @description The name colleagues and customers see. */
            full_name?: string | null;
            /** @description Whether the agent is at work. */
            is_online: boolean;
            /**
             * Format: date-time
             * @description When the agent last did something.
             */
            last_activity: string;
            /**
             * Format: date-time
             * @description When the agent last got a conversation.
             */
            last_assigned_at?: string | null;
            /**
             * Format: int32
             * @description How many open conversations the agent takes at once.
             */
            max_concurrent_chats: number;
            /** @description What the agent says. */
            status: components["schemas"]["AgentStatus"];
            /**
             * Format: date-time
             * @description When it was last changed; its version.
             */
            updated_at: string;
            /** @description The agent's own hours. */
            working_hours: Record<string, never>;
        };
        /**
         * @description What to change of an availability. What is absent stays as it is.
         * @example {
         *       "is_online": true,
         *       "status": "available"
         *     }
         */
        AvailabilityChange: {
            /**
             * Format: int32
             * @description After how many seconds without activity the agent is away; 0 for never.
             */
            auto_away_time?: number | null;
            /** @description Whether the agent is at work. */
            is_online?: boolean | null;
            /**
             * Format: int32
             * @description How many open conversations the agent takes at once.
             */
            max_concurrent_chats?: number | null;
            status?: components["schemas"]["AgentStatus"] | null;
            /** @description The agent's own hours, of the form of the workspace's. */
            working_hours?: Record<string, never> | null;
        };
        /** @description What is done to each conversation. */
        BulkAction: {
            /** @enum {string} */
            action: "assign";
            /**
             * Format: uuid
             * @description The agent.
             */
            agent_id?: string | null;
            /**
             * Format: uuid
             * @description The team.
             */
            team_id?: string | null;
        } | {
            /** @enum {string} */
            action: "unassign";
        } | {
            /** @enum {string} */
            action: "resolve";
            /** @description Whether it is closed for good. */
            is_final?: boolean;
            resolution_type?: components["schemas"]["Resolution"] | null;
        } | {
            /** @enum {string} */
            action: "reopen";
        } | {
            /** @enum {string} */
            action: "snooze";
            /**
             * Format: date-time
             * @description When it comes back; a message of the customer brings it back before.
             */
            until: string;
        } | {
            /** @enum {string} */
            action: "wake";
        } | {
            /** @enum {string} */
            action: "tag";
            /** @description Tags that it has from now on. */
            add?: string[];
            /** @description Tags that it has no more. */
            remove?: string[];
        } | {
            /** @enum {string} */
            action: "prioritize";
            /** @description How urgent. */
            priority: components["schemas"]["Priority"];
        };
        /**
         * @description A change for many conversations.
         * @example {
         *       "change": {
         *         "action": "tag",
         *         "add": [
         *           "refund"
         *         ]
         *       },
         *       "ids": [
         *         "0199f2a0-0000-7000-8000-000000000001"
         *       ]
         *     }
         */
        BulkChange: {
            /** @description What is done to each. */
            change: components["schemas"]["BulkAction"];
            /** @description The conversations; one that is named twice is changed once. */
            ids: string[];
        };
        /** @description How it went for one conversation. */
        BulkResult: {
            /** @description Why it was not: the code of a problem. */
            code?: string | null;
            /** @description The same in words. */
            detail?: string | null;
            /**
             * Format: uuid
             * @description The conversation.
             */
            id: string;
            /** @description Whether it was changed; one that was so already counts as changed. */
            is_changed: boolean;
        };
        /** @description How it went. */
        BulkResults: {
            /** @description How many were changed. */
            changed: number;
            /** @description Each conversation once, in the order of ids. */
            data: components["schemas"]["BulkResult"][];
        };
        /** @description A text that agents insert. */
        CannedResponse: {
            /** @description The heading it is listed under. */
            category: string;
            /** @description The text; `{{name}}` stands for what is known of the customer. */
            content: string;
            /**
             * Format: date-time
             * @description When it was made.
             */
            created_at: string;
            /**
             * Format: uuid
             * @description Who made it.
             */
            created_by?: string | null;
            /**
             * Format: uuid
             * @description Its identity.
             */
            id: string;
            /** @description Whether it is offered. */
            is_active: boolean;
            /** @description Whether all members see it; else its author alone. */
            is_public: boolean;
            /** @description Its language, a BCP 47 tag. */
            language: string;
            /**
             * Format: date-time
             * @description When it was last inserted.
             */
            last_used_at?: string | null;
            /** @description What is typed to insert it: a slash and a word. */
            shortcut?: string | null;
            /** @description Words to find it by. */
            tags: string[];
            /** @description What agents see in the list. */
            title: string;
            /**
             * Format: date-time
             * @description When it was last changed; its version.
             */
            updated_at: string;
            /**
             * Format: int32
             * @description How often it was inserted.
             */
            usage_count: number;
        };
        /**
         * @description What to change of a canned response. What is absent stays as it is.
         * @example {
         *       "is_active": false
         *     }
         */
        CannedResponseChange: {
            /** @description The heading it is listed under. */
            category?: string | null;
            /** @description The text; `{{name}}` stands for what is known of the customer. */
            content?: string | null;
            /** @description Whether it is offered. */
            is_active?: boolean | null;
            /** @description Whether all members see it; else its author alone. */
            is_public?: boolean | null;
            /** @description Its language, a BCP 47 tag. */
            language?: string | null;
            /** @description What is typed to insert it: a slash and a word. */
            shortcut?: string | null;
            /** @description Words to find it by. */
            tags?: string[] | null;
            /** @description What agents see in the list. */
            title?: string | null;
        };
        /** @description An account by which customers reach the workspace. Its credentials are never shown. */
        Channel: {
            /** @description Settings that are no secrets: numbers, addresses, hosts. */
            configuration: Record<string, never>;
            /**
             * Format: date-time
             * @description When it was made.
             */
            created_at: string;
            /**
             * Format: uuid
             * @description Who made it.
             */
            created_by?: string | null;
            /** @description Whether there are keys for the provider's API. */
            has_credentials: boolean;
            /** @description Whether there is a key for the provider's webhooks. */
            has_webhook_secret: boolean;
            /**
             * Format: uuid
             * @description Its identity.
             */
            id: string;
            /** @description The kind of channel. */
            kind: components["schemas"]["ChannelKind"];
            /**
             * Format: int32
             * @description How many messages may be sent a day; 0 for none.
             */
            message_limit_per_day: number;
            /**
             * Format: int32
             * @description How many were sent on the day that was last counted.
             */
            messages_sent_today: number;
            /** @description What members call it. */
            name: string;
            /** @description How it stands. */
            status: components["schemas"]["ChannelStatus"];
            /**
             * Format: date-time
             * @description When it was last changed; its version.
             */
            updated_at: string;
            /** @description Where the provider was told to send its webhooks. */
            webhook_url?: string | null;
        };
        /**
         * @description What to change of a channel. What is absent stays as it is.
         * @example {
         *       "status": "inactive"
         *     }
         */
        ChannelChange: {
            /** @description Settings that are no secrets: numbers, addresses, hosts. */
            configuration?: Record<string, never> | null;
            /** @description The keys for the provider's API, all of them; null takes them away. */
            credentials?: Record<string, never> | null;
            /**
             * Format: int32
             * @description How many messages may be sent a day; 0 for none.
             */
            message_limit_per_day?: number | null;
            /** @description What members call it. */
            name?: string | null;
            status?: components["schemas"]["ChannelStatus"] | null;
            /** @description The key that the provider's webhooks are signed with; null takes it away. */
            webhook_secret?: string | null;
            /** @description Where the provider was told to send its webhooks. */
            webhook_url?: string | null;
        };
        /**
         * @description A kind of channel.
         * @enum {string}
         */
        ChannelKind: "whatsapp" | "messenger" | "instagram" | "email" | "sms" | "website";
        /**
         * @description How a channel stands.
         * @enum {string}
         */
        ChannelStatus: "active" | "inactive" | "pending_setup";
        /**
         * @description A kind of channel.
         * @enum {string}
         */
        ChannelType: "whatsapp" | "messenger" | "instagram" | "email" | "sms" | "website";
        /** @description A password or code, shown again. */
        Confirmation: {
            /** @description The six digits of the app, or a recovery code, where a second factor is in force. */
            code?: string | null;
            /** @description The password. */
            password?: string | null;
        };
        /** @description A talk with one customer on one channel. */
        Conversation: {
            /**
             * Format: uuid
             * @description The agent who has it; none while it is in the queue.
             */
            assigned_agent_id?: string | null;
            /**
             * Format: uuid
             * @description The channel.
             */
            channel_id?: string | null;
            /** @description The kind of channel. */
            channel_type: string;
            /**
             * Format: date-time
             * @description When it began.
             */
            created_at: string;
            /** @description The workspace's own attributes. */
            custom_attributes: Record<string, never>;
            /**
             * Format: uuid
             * @description The customer.
             */
            customer_id?: string | null;
            /** @description What the customer calls himself. */
            customer_name?: string | null;
            /** @description The department it belongs to. */
            department: string;
            /**
             * Format: uuid
             * @description Its identity.
             */
            id: string;
            /** @description Its language, a BCP 47 tag. */
            language: string;
            /** @description The beginning of the last message. */
            last_message?: string | null;
            /**
             * Format: date-time
             * @description When something was last said.
             */
            last_message_at: string;
            /**
             * Format: uuid
             * @description The conversation it was merged into.
             */
            merged_into_id?: string | null;
            /**
             * Format: int32
             * @description How many messages it has.
             */
            message_count: number;
            /**
             * Format: int64
             * @description Its short number in the workspace.
             */
            number: number;
            /** @description low, normal, high or urgent. */
            priority: string;
            /**
             * Format: date-time
             * @description When it was resolved.
             */
            resolved_at?: string | null;
            /**
             * Format: double
             * @description The customer's rating.
             */
            satisfaction_score?: number | null;
            /**
             * Format: date-time
             * @description Until when it is put aside.
             */
            snoozed_until?: string | null;
            /** @description active, escalated, resolved or closed. */
            status: string;
            /** @description What it is about. */
            subject?: string | null;
            /** @description Its tags. */
            tags: string[];
            /**
             * Format: uuid
             * @description The team whose queue it is in.
             */
            team_id?: string | null;
            /**
             * Format: date-time
             * @description When it was last changed; its version.
             */
            updated_at: string;
            /**
             * Format: date-time
             * @description Since when the customer waits for an answer; none when he does not.
             */
            waiting_since?: string | null;
        };
        /** @description What to change of a conversation. What is absent stays as it is. */
        ConversationChange: {
            /** @description The workspace's own attributes, all of them. */
            custom_attributes?: Record<string, never> | null;
            /** @description The department it belongs to. */
            department?: string | null;
            /** @description Its language, a BCP 47 tag. */
            language?: string | null;
            priority?: components["schemas"]["Priority"] | null;
            /** @description What it is about; null for nothing. */
            subject?: string | null;
            /** @description Its tags, all of them. */
            tags?: string[] | null;
        };
        /** @description Into which conversation. */
        ConversationMerge: {
            /**
             * Format: uuid
             * @description The conversation that stays.
             */
            into_id: string;
        };
        /** @description An attribute of the workspace's own. */
        CustomAttribute: {
            /** @description The choices of a list. */
            allowed_values: string[];
            /** @description What has it. */
            applies_to: components["schemas"]["AttributeOwner"];
            /** @description Its key in `custom_attributes` or `custom_fields`. */
            attribute_key: string;
            /**
             * Format: date-time
             * @description When it was made.
             */
            created_at: string;
            /**
             * Format: uuid
             * @description Its identity.
             */
            id: string;
            /** @description Whether forms insist on a value. */
            is_required: boolean;
            /** @description What people read. */
            label: string;
            /**
             * Format: date-time
             * @description When it was last changed; its version.
             */
            updated_at: string;
            /** @description What values it has. */
            value_type: components["schemas"]["AttributeType"];
        };
        /**
         * @description What to change of a custom attribute. What is absent stays as it is.
         * @example {
         *       "allowed_values": [
         *         "free",
         *         "pro",
         *         "team"
         *       ]
         *     }
         */
        CustomAttributeChange: {
            /** @description The choices of a list. */
            allowed_values?: string[] | null;
            /** @description Whether forms insist on a value. */
            is_required?: boolean | null;
            /** @description What people read. */
            label?: string | null;
            value_type?: components["schemas"]["AttributeType"] | null;
        };
        /** @description A customer of a workspace. */
        Customer: {
            /**
             * Format: double
             * @description The average of the customer's ratings; 0 while there is none.
             */
            average_satisfaction: number;
            /** @description The company. */
            company?: string | null;
            /**
             * Format: date-time
             * @description When the record was made.
             */
            created_at: string;
            /** @description The workspace's own attributes. */
            custom_fields: Record<string, never>;
            /** @description The address. */
            email?: string | null;
            /**
             * Format: uuid
             * @description Its identity.
             */
            id: string;
            /** @description The language, a BCP 47 tag. */
            language: string;
            /**
             * Format: date-time
             * @description When the customer last wrote or was written to.
             */
            last_interaction?: string | null;
            /** @description Where the customer is. */
            location?: string | null;
            /**
             * Format: uuid
             * @description The customer that this record was merged into.
             */
            merged_into_id?: string | null;
            /** @description The name. */
            name?: string | null;
            /** @description What agents should know. */
            notes?: string | null;
            /** @description The telephone number. */
            phone?: string | null;
            /** @description active, blocked or vip. */
            status: string;
            /** @description Tags. */
            tags: string[];
            /** @description The time zone, an IANA name. */
            time_zone: string;
            /**
             * Format: int32
             * @description How many conversations there were.
             */
            total_conversations: number;
            /**
             * Format: date-time
             * @description When it was last changed; its version.
             */
            updated_at: string;
        };
        /** @description What to change of a customer. What is absent stays as it is; null empties. */
        CustomerChange: {
            /** @description The company. */
            company?: string | null;
            /** @description The workspace's own attributes, all of them. */
            custom_fields?: Record<string, never> | null;
            /** @description The address. */
            email?: string | null;
            /** @description The language, a BCP 47 tag. */
            language?: string | null;
            /** @description Where the customer is. */
            location?: string | null;
            /** @description The name. */
            name?: string | null;
            /** @description What agents should know. */
            notes?: string | null;
            /** @description The telephone number. */
            phone?: string | null;
            status?: components["schemas"]["CustomerStatus"] | null;
            /** @description Tags, all of them. */
            tags?: string[] | null;
            /** @description The time zone, an IANA name. */
            time_zone?: string | null;
        };
        /** @description Into whom to merge. */
        CustomerMerge: {
            /**
             * Format: uuid
             * @description The customer who stays.
             */
            into_id: string;
        };
        /**
         * @description How a customer is treated.
         * @enum {string}
         */
        CustomerStatus: "active" | "blocked" | "vip";
        /** @description Figures of the conversations that began on a day. */
        Day: {
            /**
             * Format: int32
             * @description How many of them ended without an answer.
             */
            abandoned_conversations: number;
            /**
             * Format: uuid
             * @description The agent, in that cut.
             */
            agent_id?: string | null;
            /**
             * Format: int32
             * @description How many of them the assistant resolved.
             */
            ai_resolved_conversations: number;
            /**
             * Format: int32
             * @description Mean seconds to the first answer.
             */
            avg_first_response_time_seconds: number;
            /**
             * Format: int32
             * @description Mean seconds to the resolution.
             */
            avg_resolution_time_seconds: number;
            /**
             * Format: double
             * @description Mean rating.
             */
            avg_satisfaction_score: number;
            /** @description The kind of channel, in that cut. */
            channel_type?: string | null;
            /**
             * Format: date
             * @description The day, in the workspace's time zone.
             */
            date: string;
            /** @description The department, in that cut. */
            department?: string | null;
            /**
             * Format: double
             * @description Share that was handed to people, 0 to 1.
             */
            handoff_rate: number;
            /**
             * Format: int32
             * @description How many of them a person resolved.
             */
            human_resolved_conversations: number;
            /**
             * Format: int32
             * @description How many became a lead.
             */
            leads_generated: number;
            /**
             * Format: int32
             * @description Half of the first answers came within this many seconds.
             */
            p50_first_response_time_seconds?: number | null;
            /**
             * Format: int32
             * @description Half of the resolutions came within this many seconds.
             */
            p50_resolution_time_seconds?: number | null;
            /**
             * Format: int32
             * @description 90 % of the first answers came within this many seconds.
             */
            p90_first_response_time_seconds?: number | null;
            /**
             * Format: int32
             * @description 90 % of the resolutions came within this many seconds.
             */
            p90_resolution_time_seconds?: number | null;
            /**
             * Format: int32
             * @description 95 % of the first answers came within this many seconds.
             */
            p95_first_response_time_seconds?: number | null;
            /**
             * Format: int32
             * @description 95 % of the resolutions came within this many seconds.
             */
            p95_resolution_time_seconds?: number | null;
            /**
             * Format: int32
             * @description How many of them were reopened at least once.
             */
            reopened_conversations: number;
            /**
             * Format: int32
             * @description How many of them are resolved or closed.
             */
            resolved_conversations: number;
            /**
             * Format: double
             * @description The revenue attributed to them.
             */
            revenue_attributed: number;
            /**
             * Format: int32
             * @description How many began; those merged into another are not counted.
             */
            total_conversations: number;
            /**
             * Format: int32
             * @description How many are rated.
             */
            total_ratings: number;
        };
        /** @description The days of a report. */
        Days: {
            /** @description In order. */
            data: components["schemas"]["Day"][];
        };
        /** @description One row of the ledger. */
        Event: {
            /**
             * Format: uuid
             * @description The person, key or bot who did it.
             */
            actor_id?: string | null;
            /** @description Who did it: customer, agent, ai, workflow, system or api. */
            actor_kind: string;
            /**
             * Format: uuid
             * @description The conversation it belongs to.
             */
            conversation_id?: string | null;
            /**
             * Format: int64
             * @description Its number.
             */
            id: number;
            /** @description What happened: `conversation.created`, `message.sent`, … */
            kind: string;
            /**
             * Format: date-time
             * @description When it happened.
             */
            occurred_at: string;
            /** @description What else is known of it. */
            payload: Record<string, never>;
            /**
             * Format: uuid
             * @description To which one.
             */
            subject_id: string;
            /** @description What it happened to. */
            subject_type: string;
        };
        /** @description What is wrong with one value of the request. */
        FieldError: {
            /** @description What is wrong with it, for the reader. */
            detail: string;
            /** @description Where the value stands: a path in the body (`channel.name`, `tags[2]`), or the name of a parameter. */
            field: string;
        };
        /** @description The answers to the form before a chat. */
        FormAnswers: {
            /** @description By the fields' keys. */
            answers: {
                [key: string]: string;
            };
            /**
             * Format: int64
             * @description How many seconds the form was shown.
             */
            seconds?: number;
            /** @description A field that people do not see: empty. */
            website?: string;
        };
        /** @description An article that was found. */
        FoundArticle: {
            /** @description Who may be shown it. */
            audience: string;
            /**
             * Format: uuid
             * @description Where it is filed.
             */
            category_id?: string | null;
            /**
             * Format: double
             * @description Share of those it helped, 0 to 1.
             */
            effectiveness_score: number;
            /** @description Where the words stand. */
            excerpt: string;
            /**
             * Format: uuid
             * @description The article.
             */
            id: string;
            /** @description Its language. */
            language: string;
            /** @description By what it was found: words, or a part of one. */
            matched_by: string;
            /**
             * Format: double
             * @description How well it fits; comparable within one answer.
             */
            score: number;
            /** @description Its heading. */
            title: string;
        };
        /** @description The articles that were found. */
        FoundArticles: {
            /** @description Best first. */
            data: components["schemas"]["FoundArticle"][];
        };
        /** @description A message that was found. */
        FoundMessage: {
            /** @description The beginning of its text. */
            content?: string | null;
            /**
             * Format: uuid
             * @description The conversation it is in.
             */
            conversation_id: string;
            /**
             * Format: date-time
             * @description When it was written.
             */
            created_at: string;
            /**
             * Format: uuid
             * @description The message.
             */
            message_id: string;
            /** @description Who wrote it: user (the customer), ai or agent. */
            sender_type: string;
        };
        /** @description That the process answers. */
        Health: {
            /** @description Always `alive`. */
            status: string;
            /** @description The version of the program. */
            version: string;
        };
        /**
         * @description The proof of an identity: a signed token, or a hash of the user's id.
         * @example {
         *       "external_user_id": "user-42",
         *       "identifier_hash": "9837a551a8655185563445299b4f41094c42a05caf353703d92a83c406a9e855"
         *     }
         */
        IdentityProof: {
            /** @description The user's address: a claim, the hash does not cover it. */
            email?: string | null;
            /** @description The user's id in the owner's system. */
            external_user_id?: string | null;
            /** @description HMAC-SHA256 of the id in hexadecimal digits. */
            identifier_hash?: string | null;
            /** @description The user's name. */
            name?: string | null;
            /** @description The user's number: a claim. */
            phone?: string | null;
            /** @description A JWT (HS256) of the site's server; whatever else is sent beside it is ignored. */
            token?: string | null;
        };
        /** @description By what words a wish is recognised, in one language. */
        IntentPattern: {
            /**
             * Format: double
             * @description From which likeness on it counts, 0 to 1.
             */
            confidence_threshold: number;
            /**
             * Format: date-time
             * @description When it was made.
             */
            created_at: string;
            /**
             * Format: uuid
             * @description Who made it.
             */
            created_by?: string | null;
            /** @description Sentences of customers that mean it. */
            examples?: unknown;
            /**
             * Format: uuid
             * @description Its identity.
             */
            id: string;
            /** @description The wish, by a short name. */
            intent_name: string;
            /** @description Whether it is looked for. */
            is_active: boolean;
            /** @description The language of the patterns, a BCP 47 tag. */
            language: string;
            /** @description Words and phrases that tell it. */
            patterns: string[];
            /**
             * Format: date-time
             * @description When it was last changed; its version.
             */
            updated_at: string;
        };
        /**
         * @description What to change of an intent pattern. What is absent stays as it is.
         * @example {
         *       "patterns": [
         *         "refund",
         *         "money back",
         *         "chargeback"
         *       ]
         *     }
         */
        IntentPatternChange: {
            /**
             * Format: double
             * @description From which likeness on it counts, 0 to 1.
             */
            confidence_threshold?: number | null;
            /** @description Sentences of customers that mean it. */
            examples?: unknown[] | null;
            /** @description The wish, by a short name. */
            intent_name?: string | null;
            /** @description Whether it is looked for. */
            is_active?: boolean | null;
            /** @description The language of the patterns, a BCP 47 tag. */
            language?: string | null;
            /** @description Words and phrases that tell it. */
            patterns?: string[] | null;
        };
        /** @description An invitation. */
        Invitation: {
            /**
             * Format: date-time
             * @description When it was accepted.
             */
            accepted_at?: string | null;
            /**
             * Format: date-time
             * @description When it was made.
             */
            created_at: string;
            /** @description The address that is invited. */
            email: string;
            /**
             * Format: date-time
             * @description Until when it can be accepted.
             */
            expires_at: string;
            /**
             * Format: uuid
             * @description Its identity.
             */
            id: string;
            /**
             * Format: uuid
             * @description Who invites.
             */
            invited_by?: string | null;
            /** @description What the member will be. */
            role: string;
        };
        /** @description The token of an invitation. */
        InvitationToken: {
            /** @description The token of the link. */
            token: string;
        };
        /** @description The workspace that was joined. */
        Joined: {
            /**
             * Format: uuid
             * @description The workspace.
             */
            workspace_id: string;
        };
        /**
         * @description What a key may do, as a member of this role could.
         * @enum {string}
         */
        KeyRole: "viewer" | "agent" | "admin";
        /**
         * @description Who may be shown an article.
         * @enum {string}
         */
        KnowledgeAudience: "public" | "signed_in" | "internal";
        /** @description A topic that articles are filed under. */
        KnowledgeCategory: {
            /** @description Its colour, as CSS writes it. */
            color?: string | null;
            /**
             * Format: date-time
             * @description When it was made.
             */
            created_at: string;
            /** @description What belongs here. */
            description?: string | null;
            /** @description The name of its picture. */
            icon?: string | null;
            /**
             * Format: uuid
             * @description Its identity.
             */
            id: string;
            /** @description Whether it is shown. */
            is_active: boolean;
            /** @description What readers see. */
            name: string;
            /**
             * Format: int32
             * @description Its place among its neighbours, low first.
             */
            order_index: number;
            /**
             * Format: uuid
             * @description The category above; null at the top.
             */
            parent_id?: string | null;
            /**
             * Format: date-time
             * @description When it was last changed; its version.
             */
            updated_at: string;
        };
        /**
         * @description What to change of a category. What is absent stays as it is.
         * @example {
         *       "order_index": 2
         *     }
         */
        KnowledgeCategoryChange: {
            /** @description Its colour, as CSS writes it. */
            color?: string | null;
            /** @description What belongs here. */
            description?: string | null;
            /** @description The name of its picture. */
            icon?: string | null;
            /** @description Whether it is shown. */
            is_active?: boolean | null;
            /** @description What readers see. */
            name?: string | null;
            /**
             * Format: int32
             * @description Its place among its neighbours, low first.
             */
            order_index?: number | null;
            /**
             * Format: uuid
             * @description The category above; null at the top.
             */
            parent_id?: string | null;
        };
        /** @description An article. */
        KnowledgeItem: {
            /** @description Who may be shown it. */
            audience: components["schemas"]["KnowledgeAudience"];
            /**
             * Format: uuid
             * @description Where it is filed.
             */
            category_id?: string | null;
            /** @description What the last editor said of his change; kept with the version. */
            change_note?: string | null;
            /** @description The text, Markdown or plain. */
            content: string;
            /**
             * Format: date-time
             * @description When it was made.
             */
            created_at: string;
            /**
             * Format: uuid
             * @description Who made it.
             */
            created_by?: string | null;
            /**
             * Format: double
             * @description Share of those it helped, smoothed: 0 to 1.
             */
            effectiveness_score: number;
            /**
             * Format: int32
             * @description How many said that it helped.
             */
            helpful_count: number;
            /**
             * Format: uuid
             * @description Its identity.
             */
            id: string;
            /** @description Its language, a BCP 47 tag; decides how its words are searched. */
            language: string;
            /**
             * Format: date-time
             * @description When it was last used.
             */
            last_used_at?: string | null;
            /**
             * Format: date-time
             * @description When it first became active.
             */
            published_at?: string | null;
            /**
             * Format: date-time
             * @description When somebody should look again.
             */
            review_due_at?: string | null;
            /**
             * Format: date-time
             * @description When somebody last found it still right.
             */
            reviewed_at?: string | null;
            /** @description Where the text came from. */
            source_type: components["schemas"]["KnowledgeSource"];
            /** @description The page it was read from. */
            source_url?: string | null;
            /** @description How it stands. */
            status: components["schemas"]["KnowledgeStatus"];
            /** @description Words to file it by. */
            tags: string[];
            /** @description The heading. */
            title: string;
            /**
             * Format: int32
             * @description How many said that it did not.
             */
            unhelpful_count: number;
            /**
             * Format: date-time
             * @description When it was last changed; its version.
             */
            updated_at: string;
            /**
             * Format: uuid
             * @description Who last changed title or text.
             */
            updated_by?: string | null;
            /**
             * Format: int32
             * @description How often it was used.
             */
            usage_count: number;
            /**
             * Format: int32
             * @description Counts the changes of title and text, from 1.
             */
            version: number;
        };
        /**
         * @description What to change of an article. What is absent stays as it is.
         * @example {
         *       "change_note": "The label is new",
         *       "content": "Print the new label and …"
         *     }
         */
        KnowledgeItemChange: {
            audience?: components["schemas"]["KnowledgeAudience"] | null;
            /**
             * Format: uuid
             * @description Where it is filed.
             */
            category_id?: string | null;
            /** @description What the last editor said of his change; kept with the version. */
            change_note?: string | null;
            /** @description The text, Markdown or plain. */
            content?: string | null;
            /** @description Its language, a BCP 47 tag; decides how its words are searched. */
            language?: string | null;
            /**
             * Format: date-time
             * @description When somebody should look again.
             */
            review_due_at?: string | null;
            /**
             * Format: date-time
             * @description When somebody last found it still right.
             */
            reviewed_at?: string | null;
            /** @description The page it was read from. */
            source_url?: string | null;
            status?: components["schemas"]["KnowledgeStatus"] | null;
            /** @description Words to file it by. */
            tags?: string[] | null;
            /** @description The heading. */
            title?: string | null;
        };
        /**
         * @description Where an article's text came from.
         * @enum {string}
         */
        KnowledgeSource: "url" | "file" | "manual";
        /**
         * @description How an article stands.
         * @enum {string}
         */
        KnowledgeStatus: "active" | "draft" | "archived";
        /** @description A text that an article has had. */
        KnowledgeVersion: {
            /** @description What the editor said of the change. */
            changes_description?: string | null;
            /** @description The text it had. */
            content: string;
            /**
             * Format: date-time
             * @description Since when it was the text.
             */
            created_at: string;
            /**
             * Format: uuid
             * @description Who wrote it.
             */
            created_by?: string | null;
            /**
             * Format: uuid
             * @description Its identity.
             */
            id: string;
            /** @description The heading it had. */
            title?: string | null;
            /**
             * Format: int32
             * @description Its number, from 1 without gaps.
             */
            version: number;
        };
        /** @description A figure of this moment. */
        LiveFigure: {
            /** @description Of what part; empty for the whole workspace. */
            dimensions: Record<string, never>;
            /** @description Which figure. */
            metric_name: string;
            /**
             * Format: double
             * @description Its value.
             */
            metric_value: number;
            /**
             * Format: date-time
             * @description When it was taken.
             */
            taken_at: string;
        };
        /** @description The figures of this moment. */
        LiveFigures: {
            /** @description By name. */
            data: components["schemas"]["LiveFigure"][];
        };
        /** @description Address and password. */
        Login: {
            /** @description The address of the account. */
            email: string;
            /** @description Its password. */
            password: string;
        };
        /** @description What signing in led to. */
        LoginResult: (components["schemas"]["SignedIn"] & {
            /** @enum {string} */
            status: "signed_in";
        }) | {
            /** @enum {string} */
            status: "second_factor_required";
            /** @description To be sent with the code, within five minutes. */
            token: string;
        };
        /** @description A key that was just made. */
        MadeApiKey: {
            /** @description What is kept of it. */
            api_key: components["schemas"]["ApiKey"];
            /** @description The key. It is shown this once. */
            key: string;
        };
        /** @description An invitation that was just made. */
        MadeInvitation: {
            /**
             * Format: uuid
             * @description Its identity.
             */
            id: string;
            /** @description Where it is accepted. It is sent by mail, and shown this once for who hands it over otherwise. */
            link: string;
        };
        /** @description A subscription that was made, with its secret. */
        MadeWebhook: components["schemas"]["Webhook"] & {
            /**
             * @description The key its posts are signed with (Standard Webhooks). It is shown now and never again.
             * @example whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD
             */
            secret: string;
        };
        /** @description A secret that was made. */
        MadeWidgetSecret: components["schemas"]["WidgetSecret"] & {
            /** @description The secret, for the site's server alone. It is shown now and never again. */
            secret: string;
        };
        /** @description A member of a workspace. */
        Member: {
            /** @description available, busy, away or offline, as the agent says. */
            availability?: string | null;
            /** @description The person's picture. */
            avatar_url?: string | null;
            /**
             * Format: date-time
             * @description Since when.
             */
            created_at: string;
            /**
             * Format: int32
             * @description How many open conversations the agent has.
             */
            current_chat_count?: number | null;
            /** @description The person's address. */
            email?: string | null;
            /** @description The person's name. */
            full_name?: string | null;
            /**
             * Format: uuid
             * @description The membership.
             */
            id: string;
            /** @description Whether the agent is at work. */
            is_online?: boolean | null;
            /**
             * Format: int32
             * @description How many the agent takes at once.
             */
            max_concurrent_chats?: number | null;
            /**
             * Format: uuid
             * @description The person.
             */
            person_id: string;
            /** @description viewer, agent, admin or owner. */
            role: string;
            /** @description active or removed. */
            status: string;
            /**
             * Format: date-time
             * @description When it was last changed; its version.
             */
            updated_at: string;
        };
        /** @description What to change of a member. */
        MemberChange: {
            /** @description What the member may do from now on. */
            role: components["schemas"]["MemberRole"];
        };
        /**
         * @description What a member may do.
         * @enum {string}
         */
        MemberRole: "viewer" | "agent" | "admin" | "owner";
        /** @description A message. */
        Message: {
            /** @description The kind of channel. */
            channel_type: string;
            /**
             * Format: double
             * @description How sure the assistant was.
             */
            confidence_score?: number | null;
            /** @description What was said. */
            content: string;
            /**
             * Format: uuid
             * @description The conversation.
             */
            conversation_id: string;
            /**
             * Format: date-time
             * @description When it was said.
             */
            created_at: string;
            /** @description How far it has come: scheduled, queued, sending, sent, delivered, read, failed or cancelled. */
            delivery_status: string;
            /** @description Its id on the channel, or `client:` and the id the sender gave. */
            external_message_id?: string | null;
            /**
             * Format: uuid
             * @description Its identity.
             */
            id: string;
            /** @description Whether it is automatic mail that wakes nobody. */
            is_quiet: boolean;
            /** @description text, image, audio, video, document, location, contact, sticker, reaction, template, interactive or system. */
            kind: string;
            /** @description Its language, a BCP 47 tag. */
            language?: string | null;
            /** @description The medium's address. */
            media_url?: string | null;
            /** @description What it carries along. */
            metadata: Record<string, never>;
            /**
             * Format: uuid
             * @description The agent.
             */
            sender_id?: string | null;
            /** @description user (the customer), ai or agent. */
            sender_type: string;
            /**
             * Format: date-time
             * @description When it was last changed.
             */
            updated_at: string;
        };
        /**
         * @description A kind of message that an agent sends.
         * @enum {string}
         */
        MessageKind: "text" | "template" | "interactive";
        /** @description A key to make. */
        NewApiKey: {
            /**
             * Format: date-time
             * @description When it ends; never when nothing is said.
             */
            expires_at?: string | null;
            /** @description What it is for. */
            name: string;
            role?: components["schemas"]["KeyRole"] | null;
            /** @description Which resources it may read or write: `conversations:read`, `customers:write`, `*:read`. */
            scopes: string[];
        };
        /**
         * @description A canned response to make.
         * @example {
         *       "category": "shipping",
         *       "content": "Hello {{name}}, your parcel is on its way.",
         *       "language": "en",
         *       "shortcut": "/parcel",
         *       "title": "Where the parcel is"
         *     }
         */
        NewCannedResponse: {
            /** @description The heading it is listed under. */
            category?: string | null;
            /** @description The text; `{{name}}` stands for what is known of the customer. */
            content: string;
            /** @description Whether it is offered. */
            is_active?: boolean | null;
            /** @description Whether all members see it; else its author alone. */
            is_public?: boolean | null;
            /** @description Its language, a BCP 47 tag. */
            language?: string | null;
            /** @description What is typed to insert it: a slash and a word. */
            shortcut?: string | null;
            /** @description Words to find it by. */
            tags?: string[] | null;
            /** @description What agents see in the list. */
            title: string;
        };
        /**
         * @description A channel to make.
         * @example {
         *       "configuration": {
         *         "phone_number_id": "106540352242922"
         *       },
         *       "credentials": {
         *         "access_token": "EAAG…"
         *       },
         *       "kind": "whatsapp",
         *       "name": "Shop's WhatsApp",
         *       "webhook_secret": "the app's secret"
         *     }
         */
        NewChannel: {
            /** @description Settings that are no secrets: numbers, addresses, hosts. */
            configuration?: Record<string, never> | null;
            /** @description The keys for the provider's API. Kept encrypted, never shown. */
            credentials?: Record<string, never> | null;
            /** @description The kind of channel. */
            kind: components["schemas"]["ChannelKind"];
            /**
             * Format: int32
             * @description How many messages may be sent a day; 0 for none.
             */
            message_limit_per_day?: number | null;
            /** @description What members call it. */
            name: string;
            status?: components["schemas"]["ChannelStatus"] | null;
            /** @description The key that the provider's webhooks are signed with. Kept encrypted, never shown. */
            webhook_secret?: string | null;
            /** @description Where the provider was told to send its webhooks. */
            webhook_url?: string | null;
        };
        /** @description A conversation to begin. */
        NewConversation: {
            /**
             * Format: uuid
             * @description The channel.
             */
            channel_id?: string | null;
            /** @description The kind of channel. */
            channel_type: components["schemas"]["ChannelType"];
            /** @description The workspace's own attributes. */
            custom_attributes?: Record<string, never>;
            /**
             * Format: uuid
             * @description The customer.
             */
            customer_id: string;
            /** @description Its language, a BCP 47 tag; else the customer's. */
            language?: string | null;
            priority?: components["schemas"]["Priority"] | null;
            /** @description What it is about. */
            subject?: string | null;
            /** @description Its tags. */
            tags?: string[];
        };
        /**
         * @description A custom attribute to make.
         * @example {
         *       "allowed_values": [
         *         "free",
         *         "pro"
         *       ],
         *       "applies_to": "customer",
         *       "attribute_key": "plan",
         *       "label": "Plan",
         *       "value_type": "list"
         *     }
         */
        NewCustomAttribute: {
            /** @description The choices of a list. */
            allowed_values?: string[] | null;
            /** @description What has it. */
            applies_to: components["schemas"]["AttributeOwner"];
            /** @description Its key in `custom_attributes` or `custom_fields`. */
            attribute_key: string;
            /** @description Whether forms insist on a value. */
            is_required?: boolean | null;
            /** @description What people read. */
            label: string;
            value_type?: components["schemas"]["AttributeType"] | null;
        };
        /** @description A customer to make. */
        NewCustomer: {
            /**
             * @description The company.
             * @default null
             */
            company?: string | null;
            /** @description The workspace's own attributes. */
            custom_fields?: Record<string, never>;
            /**
             * @description The address; unique in the workspace.
             * @default null
             */
            email?: string | null;
            /**
             * @description The language, a BCP 47 tag.
             * @default null
             */
            language?: string | null;
            /**
             * @description Where the customer is.
             * @default null
             */
            location?: string | null;
            /**
             * @description The name.
             * @default null
             */
            name?: string | null;
            /**
             * @description What agents should know.
             * @default null
             */
            notes?: string | null;
            /**
             * @description The telephone number.
             * @default null
             */
            phone?: string | null;
            /**
             * @description Tags.
             * @default []
             */
            tags?: string[];
            /**
             * @description The time zone, an IANA name.
             * @default null
             */
            time_zone?: string | null;
        };
        /**
         * @description An intent pattern to make.
         * @example {
         *       "examples": [
         *         "I want my money back"
         *       ],
         *       "intent_name": "refund",
         *       "language": "en",
         *       "patterns": [
         *         "refund",
         *         "money back"
         *       ]
         *     }
         */
        NewIntentPattern: {
            /**
             * Format: double
             * @description From which likeness on it counts, 0 to 1.
             */
            confidence_threshold?: number | null;
            /** @description Sentences of customers that mean it. */
            examples?: unknown[] | null;
            /** @description The wish, by a short name. */
            intent_name: string;
            /** @description Whether it is looked for. */
            is_active?: boolean | null;
            /** @description The language of the patterns, a BCP 47 tag. */
            language: string;
            /** @description Words and phrases that tell it. */
            patterns: string[];
        };
        /** @description Whom to invite. */
        NewInvitation: {
            /** @description The address. */
            email: string;
            role?: components["schemas"]["MemberRole"] | null;
        };
        /**
         * @description A category to make.
         * @example {
         *       "description": "Parcels and couriers",
         *       "name": "Shipping",
         *       "order_index": 1
         *     }
         */
        NewKnowledgeCategory: {
            /** @description Its colour, as CSS writes it. */
            color?: string | null;
            /** @description What belongs here. */
            description?: string | null;
            /** @description The name of its picture. */
            icon?: string | null;
            /** @description Whether it is shown. */
            is_active?: boolean | null;
            /** @description What readers see. */
            name: string;
            /**
             * Format: int32
             * @description Its place among its neighbours, low first.
             */
            order_index?: number | null;
            /**
             * Format: uuid
             * @description The category above; null at the top.
             */
            parent_id?: string | null;
        };
        /**
         * @description An article to make.
         * @example {
         *       "audience": "public",
         *       "content": "Print the label and …",
         *       "language": "en",
         *       "tags": [
         *         "returns"
         *       ],
         *       "title": "How to return a parcel"
         *     }
         */
        NewKnowledgeItem: {
            audience?: components["schemas"]["KnowledgeAudience"] | null;
            /**
             * Format: uuid
             * @description Where it is filed.
             */
            category_id?: string | null;
            /** @description What the last editor said of his change; kept with the version. */
            change_note?: string | null;
            /** @description The text, Markdown or plain. */
            content: string;
            /** @description Its language, a BCP 47 tag; decides how its words are searched. */
            language?: string | null;
            /**
             * Format: date-time
             * @description When somebody should look again.
             */
            review_due_at?: string | null;
            source_type?: components["schemas"]["KnowledgeSource"] | null;
            /** @description The page it was read from. */
            source_url?: string | null;
            status?: components["schemas"]["KnowledgeStatus"] | null;
            /** @description Words to file it by. */
            tags?: string[] | null;
            /** @description The heading. */
            title: string;
        };
        /** @description A message to send. */
        NewMessage: {
            /** @description The sender's own id of it: the same id is sent once. */
            client_message_id?: string | null;
            /** @description What to say. */
            content: string;
            /** @description The kind of message. */
            kind?: components["schemas"]["MessageKind"];
            /** @description What it carries along: parameters of a template, buttons. */
            metadata?: Record<string, never>;
        };
        /** @description A note to write. */
        NewNote: {
            /** @description What it says. */
            content: string;
            /** @description The kind of note. */
            kind?: components["schemas"]["NoteKind"];
            /** @description Members whose attention it asks for. */
            mentions?: string[];
        };
        /**
         * @description A routing rule to make.
         * @example {
         *       "conditions": {
         *         "language": "de"
         *       },
         *       "fallback_channel_type": "sms",
         *       "name": "Germans by mail",
         *       "priority": 10,
         *       "target_channel_type": "email"
         *     }
         */
        NewRoutingRule: {
            /** @description What must hold of the customer and the message: values by field. */
            conditions?: Record<string, never> | null;
            fallback_channel_type?: components["schemas"]["ChannelKind"] | null;
            /** @description Whether it is obeyed. */
            is_active?: boolean | null;
            /** @description What members call it. */
            name: string;
            /**
             * Format: int32
             * @description The rule with the highest number that applies is taken.
             */
            priority?: number | null;
            /** @description The kind of channel to write by. */
            target_channel_type: components["schemas"]["ChannelKind"];
        };
        /**
         * @description A saved view to make.
         * @example {
         *       "filters": {
         *         "channel_type": "email",
         *         "priority": "urgent"
         *       },
         *       "is_shared": true,
         *       "name": "Urgent mail",
         *       "sort": "waiting_since"
         *     }
         */
        NewSavedView: {
            /** @description Which conversations it shows: parameters of the list of conversations. */
            filters?: Record<string, never> | null;
            /** @description Whether the whole workspace sees it. */
            is_shared?: boolean | null;
            /** @description What it is called. */
            name: string;
            sort?: components["schemas"]["ViewSort"] | null;
        };
        /** @description A message to send later. */
        NewScheduledMessage: {
            /** @description What to say. */
            content: string;
            /** @description The kind of message. */
            kind?: components["schemas"]["MessageKind"];
            /** @description What it carries along. */
            metadata?: Record<string, never>;
            /**
             * Format: date-time
             * @description When.
             */
            send_at: string;
        };
        /**
         * @description A policy to make.
         * @example {
         *       "business_hours_only": true,
         *       "first_response_seconds": 3600,
         *       "name": "Urgent within the hour",
         *       "position": 10,
         *       "priorities": [
         *         "urgent"
         *       ],
         *       "resolution_seconds": 28800
         *     }
         */
        NewSlaPolicy: {
            /** @description Whether the seconds are those of the workspace's business hours. */
            business_hours_only?: boolean | null;
            /** @description Kinds of channel it is for; empty for all. */
            channel_types?: components["schemas"]["ChannelKind"][] | null;
            /** @description What it promises. */
            description?: string | null;
            /**
             * Format: int32
             * @description Within how many seconds the first answer is due. Null for no promise.
             */
            first_response_seconds?: number | null;
            /** @description Whether new conversations get it. */
            is_active?: boolean | null;
            /** @description Its name. */
            name: string;
            /**
             * Format: int32
             * @description Within how many seconds each later answer is due. Null for no promise.
             */
            next_response_seconds?: number | null;
            /** @description Whether the resolution's clock stands while the customer has to answer. */
            pause_while_waiting?: boolean | null;
            /**
             * Format: int32
             * @description Policies are tried by ascending position.
             */
            position?: number | null;
            /** @description Priorities it is for; empty for all. */
            priorities?: components["schemas"]["SlaPriority"][] | null;
            /**
             * Format: int32
             * @description Within how many seconds the resolution is due. Null for no promise.
             */
            resolution_seconds?: number | null;
            /** @description Teams it is for; empty for all. */
            team_ids?: string[] | null;
        };
        /**
         * @description A team to make.
         * @example {
         *       "business_hours": {
         *         "monday": {
         *           "end": "17:00",
         *           "start": "09:00"
         *         }
         *       },
         *       "department": "billing",
         *       "description": "Invoices and refunds",
         *       "name": "Billing"
         *     }
         */
        NewTeam: {
            /** @description Its own hours, of the form of the workspace's; null for the workspace's. */
            business_hours?: Record<string, never> | null;
            /** @description The department whose conversations it takes; of one team at most. */
            department?: string | null;
            /** @description What it is for. */
            description?: string | null;
            /** @description Its name. */
            name: string;
        };
        /**
         * @description Who is to be in a team.
         * @example {
         *       "user_id": "0198c0de-0000-7000-8000-000000000001"
         *     }
         */
        NewTeamMember: {
            /**
             * Format: uuid
             * @description The person, a member of the workspace.
             */
            user_id: string;
        };
        /**
         * @description A template to make.
         * @example {
         *       "category": "utility",
         *       "channel_type": "whatsapp",
         *       "language": "en",
         *       "name": "order_shipped",
         *       "template_content": {
         *         "body": "Your order {{1}} was shipped."
         *       }
         *     }
         */
        NewTemplate: {
            /** @description What the provider charges and allows it as. */
            category: components["schemas"]["TemplateCategory"];
            /** @description The kind of channel it is for. */
            channel_type: components["schemas"]["ChannelKind"];
            /** @description The provider's id of it. */
            external_template_id?: string | null;
            /** @description Its language, a BCP 47 tag. */
            language: string;
            /** @description Its name at the provider. */
            name: string;
            status?: components["schemas"]["TemplateStatus"] | null;
            /** @description Header, body, footer and buttons, as the provider takes them. */
            template_content?: Record<string, never> | null;
        };
        /** @description Whom to ask. */
        NewTransfer: {
            /** @description Why. */
            reason?: string | null;
            /**
             * Format: uuid
             * @description The agent.
             */
            to_agent_id: string;
        };
        /** @description A visitor who begins. */
        NewVisitor: {
            /**
             * Format: date-time
             * @description When the session ends, unless it is used: use moves it on.
             */
            expires_at: string;
            /**
             * @description The visitor's token: it is shown here alone. Send it as `Authorization: Bearer`.
             * @example rmv_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8
             */
            visitor_token: string;
        };
        /**
         * @description A webhook to make.
         * @example {
         *       "event_type": "message.created",
         *       "webhook_url": "https://example.com/hooks/romashka"
         *     }
         */
        NewWebhook: {
            /** @description Which events: a kind (`message.created`), all of a subject (`message.*`) or all (`*`). */
            event_type: string;
            /**
             * Format: uuid
             * @description The integration it belongs to.
             */
            integration_id?: string | null;
            /** @description Whether events are put out. */
            is_active?: boolean | null;
            /**
             * Format: int32
             * @description How often a failed post is repeated; 9, over three days, when it is not said.
             */
            retry_count?: number | null;
            /**
             * Format: int32
             * @description How long an answer is waited for.
             */
            timeout_seconds?: number | null;
            /** @description Where they are posted. */
            webhook_url: string;
        };
        /**
         * @description A widget to make.
         * @example {
         *       "allowed_domains": [
         *         "shop.example"
         *       ],
         *       "configuration": {
         *         "color": "#2f7d4f"
         *       },
         *       "name": "Shop"
         *     }
         */
        NewWidget: {
            /** @description Hosts it may be on. */
            allowed_domains?: string[] | null;
            /**
             * Format: uuid
             * @description The website channel whose conversations it begins. It stays.
             */
            channel_id?: string | null;
            /** @description Colours, texts, form before the chat. */
            configuration?: Record<string, never> | null;
            /** @description Styles of the owner's own. */
            custom_css?: string | null;
            /** @description The site it was made for. */
            domain?: string | null;
            /** @description Whether its token finds it. */
            is_active?: boolean | null;
            /** @description What it is called. */
            name: string;
            /** @description Whether only proven visitors may write. */
            requires_identity?: boolean | null;
        };
        /**
         * @description A workflow to make.
         * @example {
         *       "name": "Greet at night",
         *       "steps": [
         *         {
         *           "action": "send_message",
         *           "text": "We answer from nine."
         *         }
         *       ],
         *       "trigger_conditions": {
         *         "event": "conversation.created"
         *       },
         *       "trigger_type": "event"
         *     }
         */
        NewWorkflow: {
            /** @description Which node leads to which. */
            connections?: unknown[] | null;
            /** @description What it is for. */
            description?: string | null;
            /** @description Whether it is started. */
            is_active?: boolean | null;
            /** @description What members call it. */
            name: string;
            /** @description The steps as the editor draws them. */
            nodes?: unknown[] | null;
            /** @description The steps in order. */
            steps?: unknown[] | null;
            /** @description Which intent, keyword, time or event. */
            trigger_conditions?: Record<string, never> | null;
            /** @description What starts it. */
            trigger_type: components["schemas"]["WorkflowTrigger"];
        };
        /** @description A workspace to make. */
        NewWorkspace: {
            /** @description Its name. */
            name: string;
            /** @description Its short name in addresses: small letters, digits and hyphens. */
            slug: string;
        };
        /** @description A note, which the customer never sees. */
        Note: {
            /**
             * Format: uuid
             * @description Who wrote it; none for a program.
             */
            author_id?: string | null;
            /** @description What it says. */
            content: string;
            /**
             * Format: uuid
             * @description The conversation.
             */
            conversation_id: string;
            /**
             * Format: date-time
             * @description When it was written.
             */
            created_at: string;
            /**
             * Format: uuid
             * @description Its identity.
             */
            id: string;
            /** @description general, escalation or resolution. */
            kind: string;
            /** @description Members whose attention it asks for. */
            mentions: string[];
            /**
             * Format: date-time
             * @description When it was last changed.
             */
            updated_at: string;
        };
        /**
         * @description A kind of note.
         * @enum {string}
         */
        NoteKind: "general" | "escalation" | "resolution";
        /** @description A person who has a conversation in view. */
        Onlooker: {
            /** @description Whether the person is typing. */
            is_typing: boolean;
            /** @description The person's name. */
            name?: string | null;
            /**
             * Format: date-time
             * @description Since when the person is there.
             */
            since: string;
            /**
             * Format: uuid
             * @description Who.
             */
            user_id: string;
        };
        /** @description Who has a conversation in view. */
        Onlookers: {
            /** @description The people, the one who asks among them; who came first stands first. */
            data: components["schemas"]["Onlooker"][];
        };
        /** @description What an invitation invites to. */
        OpenInvitation: {
            /** @description The address that is invited. */
            email: string;
            /** @description Whether there is an account with it, to sign in to; else one is made. */
            has_account: boolean;
            /**
             * Format: uuid
             * @description The workspace.
             */
            workspace: string;
            /** @description Its name. */
            workspace_name: string;
        };
        /** @description A widget, as the members of its workspace see it. */
        OwnWidget: {
            /** @description Hosts it may be on, `*.example.com` for all below; empty for any. */
            allowed_domains: string[];
            /**
             * Format: uuid
             * @description The website channel whose conversations it begins.
             */
            channel_id?: string | null;
            /** @description Colours, texts, form before the chat. */
            configuration: Record<string, never>;
            /**
             * Format: date-time
             * @description When it was made.
             */
            created_at: string;
            /** @description Styles of the owner's own. */
            custom_css?: string | null;
            /** @description The site it was made for. */
            domain?: string | null;
            /**
             * Format: uuid
             * @description Its id.
             */
            id: string;
            /** @description Whether its token finds it. */
            is_active: boolean;
            /** @description What it is called. */
            name: string;
            /** @description Whether only proven visitors may write. */
            requires_identity: boolean;
            /**
             * Format: date-time
             * @description When it was last changed; its version.
             */
            updated_at: string;
        };
        /** @description A page of a list, in the list's order. */
        Page_ApiKey: {
            /** @description The rows. */
            data: {
                /**
                 * Format: date-time
                 * @description When it was made.
                 */
                created_at: string;
                /**
                 * Format: uuid
                 * @description Who made it.
                 */
                created_by?: string | null;
                /** @description Its first characters. */
                display_prefix: string;
                /**
                 * Format: date-time
                 * @description When it ends; absent for never.
                 */
                expires_at?: string | null;
                /**
                 * Format: uuid
                 * @description Its identity.
                 */
                id: string;
                /** @description Its last characters. */
                last_four: string;
                /**
                 * Format: date-time
                 * @description When it was last used, to the minute.
                 */
                last_used_at?: string | null;
                /** @description What it is for. */
                name: string;
                /**
                 * Format: date-time
                 * @description When it was revoked.
                 */
                revoked_at?: string | null;
                /** @description What it may do, as a member of this role could. */
                role: string;
                /** @description Which resources it may read or write. */
                scopes: string[];
            }[];
            /** @description Where the next page begins: the parameter `cursor` of the next request. Absent on the last page. */
            next_cursor?: string | null;
        };
        /** @description A page of a list, in the list's order. */
        Page_Attachment: {
            /** @description The rows. */
            data: {
                /**
                 * Format: uuid
                 * @description The conversation it is in.
                 */
                conversation_id?: string | null;
                /**
                 * Format: date-time
                 * @description When it was added.
                 */
                created_at: string;
                /** @description SHA-256 of its content in hexadecimal digits. */
                file_hash?: string | null;
                /**
                 * Format: int64
                 * @description Its size in bytes.
                 */
                file_size?: number | null;
                /** @description Its name, without a path. */
                filename: string;
                /**
                 * Format: uuid
                 * @description Its identity.
                 */
                id: string;
                /**
                 * Format: uuid
                 * @description The message it came with.
                 */
                message_id?: string | null;
                /** @description Its media type, as its bytes say. */
                mime_type?: string | null;
                /**
                 * Format: uuid
                 * @description The member who added it.
                 */
                uploaded_by?: string | null;
            }[];
            /** @description Where the next page begins: the parameter `cursor` of the next request. Absent on the last page. */
            next_cursor?: string | null;
        };
        /** @description A page of a list, in the list's order. */
        Page_AuditEntry: {
            /** @description The rows. */
            data: {
                /** @description INSERT, UPDATE, DELETE, TRUNCATE, REDACT, or what a program recorded. */
                action: string;
                /**
                 * Format: uuid
                 * @description Who did it, kept when the person is gone.
                 */
                actor_id?: string | null;
                /** @description customer, agent, ai, workflow, system or api. */
                actor_kind: string;
                /**
                 * Format: uuid
                 * @description The key it was done with.
                 */
                api_key_id?: string | null;
                /** @description The chain's hash up to it, SHA-256 in hexadecimal digits. */
                chain_hash?: string | null;
                /**
                 * Format: int64
                 * @description Its place in the chain; none until it is sealed.
                 */
                chain_position?: number | null;
                /** @description Of an update the columns with before and after, else the row; of secrets only that they changed. */
                changes?: Record<string, never> | null;
                /**
                 * Format: date-time
                 * @description When it happened.
                 */
                created_at: string;
                /**
                 * Format: uuid
                 * @description The row.
                 */
                entity_id?: string | null;
                /** @description The table, or what a program recorded. */
                entity_type: string;
                /**
                 * Format: uuid
                 * @description Its identity.
                 */
                id: string;
                /** @description From where. */
                ip_address?: string | null;
                /**
                 * Format: date-time
                 * @description When personal data was taken out of it.
                 */
                redacted_at?: string | null;
                /** @description With which program. */
                user_agent?: string | null;
                /**
                 * Format: uuid
                 * @description The person who did it.
                 */
                user_id?: string | null;
            }[];
            /** @description Where the next page begins: the parameter `cursor` of the next request. Absent on the last page. */
            next_cursor?: string | null;
        };
        /** @description A page of a list, in the list's order. */
        Page_Availability: {
            /** @description The rows. */
            data: {
                /**
                 * Format: uuid
                 * @description The agent.
                 */
                agent_id: string;
                /**
                 * Format: int32
                 * @description After how many seconds without activity the agent is away; 0 for never.
                 */
                auto_away_time: number;
                /**
                 * Format: int32
                 * @description How many open conversations the agent has.
                 */
                current_chat_count: number;
                /** @description The name colleagues and customers see. */
                full_name?: string | null;
                /** @description Whether the agent is at work. */
                is_online: boolean;
                /**
                 * Format: date-time
                 * @description When the agent last did something.
                 */
                last_activity: string;
                /**
                 * Format: date-time
                 * @description When the agent last got a conversation.
                 */
                last_assigned_at?: string | null;
                /**
                 * Format: int32
                 * @description How many open conversations the agent takes at once.
                 */
                max_concurrent_chats: number;
                /** @description What the agent says. */
                status: components["schemas"]["AgentStatus"];
                /**
                 * Format: date-time
                 * @description When it was last changed; its version.
                 */
                updated_at: string;
                /** @description The agent's own hours. */
                working_hours: Record<string, never>;
            }[];
            /** @description Where the next page begins: the parameter `cursor` of the next request. Absent on the last page. */
            next_cursor?: string | null;
        };
        /** @description A page of a list, in the list's order. */
        Page_CannedResponse: {
            /** @description The rows. */
            data: {
                /** @description The heading it is listed under. */
                category: string;
                /** @description The text; `{{name}}` stands for what is known of the customer. */
                content: string;
                /**
                 * Format: date-time
                 * @description When it was made.
                 */
                created_at: string;
                /**
                 * Format: uuid
                 * @description Who made it.
                 */
                created_by?: string | null;
                /**
                 * Format: uuid
                 * @description Its identity.
                 */
                id: string;
                /** @description Whether it is offered. */
                is_active: boolean;
                /** @description Whether all members see it; else its author alone. */
                is_public: boolean;
                /** @description Its language, a BCP 47 tag. */
                language: string;
                /**
                 * Format: date-time
                 * @description When it was last inserted.
                 */
                last_used_at?: string | null;
                /** @description What is typed to insert it: a slash and a word. */
                shortcut?: string | null;
                /** @description Words to find it by. */
                tags: string[];
                /** @description What agents see in the list. */
                title: string;
                /**
                 * Format: date-time
                 * @description When it was last changed; its version.
                 */
                updated_at: string;
                /**
                 * Format: int32
                 * @description How often it was inserted.
                 */
                usage_count: number;
            }[];
            /** @description Where the next page begins: the parameter `cursor` of the next request. Absent on the last page. */
            next_cursor?: string | null;
        };
        /** @description A page of a list, in the list's order. */
        Page_Channel: {
            /** @description The rows. */
            data: {
                /** @description Settings that are no secrets: numbers, addresses, hosts. */
                configuration: Record<string, never>;
                /**
                 * Format: date-time
                 * @description When it was made.
                 */
                created_at: string;
                /**
                 * Format: uuid
                 * @description Who made it.
                 */
                created_by?: string | null;
                /** @description Whether there are keys for the provider's API. */
                has_credentials: boolean;
                /** @description Whether there is a key for the provider's webhooks. */
                has_webhook_secret: boolean;
                /**
                 * Format: uuid
                 * @description Its identity.
                 */
                id: string;
                /** @description The kind of channel. */
                kind: components["schemas"]["ChannelKind"];
                /**
                 * Format: int32
                 * @description How many messages may be sent a day; 0 for none.
                 */
                message_limit_per_day: number;
                /**
                 * Format: int32
                 * @description How many were sent on the day that was last counted.
                 */
                messages_sent_today: number;
                /** @description What members call it. */
                name: string;
                /** @description How it stands. */
                status: components["schemas"]["ChannelStatus"];
                /**
                 * Format: date-time
                 * @description When it was last changed; its version.
                 */
                updated_at: string;
                /** @description Where the provider was told to send its webhooks. */
                webhook_url?: string | null;
            }[];
            /** @description Where the next page begins: the parameter `cursor` of the next request. Absent on the last page. */
            next_cursor?: string | null;
        };
        /** @description A page of a list, in the list's order. */
        Page_Conversation: {
            /** @description The rows. */
            data: {
                /**
                 * Format: uuid
                 * @description The agent who has it; none while it is in the queue.
                 */
                assigned_agent_id?: string | null;
                /**
                 * Format: uuid
                 * @description The channel.
                 */
                channel_id?: string | null;
                /** @description The kind of channel. */
                channel_type: string;
                /**
                 * Format: date-time
                 * @description When it began.
                 */
                created_at: string;
                /** @description The workspace's own attributes. */
                custom_attributes: Record<string, never>;
                /**
                 * Format: uuid
                 * @description The customer.
                 */
                customer_id?: string | null;
                /** @description What the customer calls himself. */
                customer_name?: string | null;
                /** @description The department it belongs to. */
                department: string;
                /**
                 * Format: uuid
                 * @description Its identity.
                 */
                id: string;
                /** @description Its language, a BCP 47 tag. */
                language: string;
                /** @description The beginning of the last message. */
                last_message?: string | null;
                /**
                 * Format: date-time
                 * @description When something was last said.
                 */
                last_message_at: string;
                /**
                 * Format: uuid
                 * @description The conversation it was merged into.
                 */
                merged_into_id?: string | null;
                /**
                 * Format: int32
                 * @description How many messages it has.
                 */
                message_count: number;
                /**
                 * Format: int64
                 * @description Its short number in the workspace.
                 */
                number: number;
                /** @description low, normal, high or urgent. */
                priority: string;
                /**
                 * Format: date-time
                 * @description When it was resolved.
                 */
                resolved_at?: string | null;
                /**
                 * Format: double
                 * @description The customer's rating.
                 */
                satisfaction_score?: number | null;
                /**
                 * Format: date-time
                 * @description Until when it is put aside.
                 */
                snoozed_until?: string | null;
                /** @description active, escalated, resolved or closed. */
                status: string;
                /** @description What it is about. */
                subject?: string | null;
                /** @description Its tags. */
                tags: string[];
                /**
                 * Format: uuid
                 * @description The team whose queue it is in.
                 */
                team_id?: string | null;
                /**
                 * Format: date-time
                 * @description When it was last changed; its version.
                 */
                updated_at: string;
                /**
                 * Format: date-time
                 * @description Since when the customer waits for an answer; none when he does not.
                 */
                waiting_since?: string | null;
            }[];
            /** @description Where the next page begins: the parameter `cursor` of the next request. Absent on the last page. */
            next_cursor?: string | null;
        };
        /** @description A page of a list, in the list's order. */
        Page_CustomAttribute: {
            /** @description The rows. */
            data: {
                /** @description The choices of a list. */
                allowed_values: string[];
                /** @description What has it. */
                applies_to: components["schemas"]["AttributeOwner"];
                /** @description Its key in `custom_attributes` or `custom_fields`. */
                attribute_key: string;
                /**
                 * Format: date-time
                 * @description When it was made.
                 */
                created_at: string;
                /**
                 * Format: uuid
                 * @description Its identity.
                 */
                id: string;
                /** @description Whether forms insist on a value. */
                is_required: boolean;
                /** @description What people read. */
                label: string;
                /**
                 * Format: date-time
                 * @description When it was last changed; its version.
                 */
                updated_at: string;
                /** @description What values it has. */
                value_type: components["schemas"]["AttributeType"];
            }[];
            /** @description Where the next page begins: the parameter `cursor` of the next request. Absent on the last page. */
            next_cursor?: string | null;
        };
        /** @description A page of a list, in the list's order. */
        Page_Customer: {
            /** @description The rows. */
            data: {
                /**
                 * Format: double
                 * @description The average of the customer's ratings; 0 while there is none.
                 */
                average_satisfaction: number;
                /** @description The company. */
                company?: string | null;
                /**
                 * Format: date-time
                 * @description When the record was made.
                 */
                created_at: string;
                /** @description The workspace's own attributes. */
                custom_fields: Record<string, never>;
                /** @description The address. */
                email?: string | null;
                /**
                 * Format: uuid
                 * @description Its identity.
                 */
                id: string;
                /** @description The language, a BCP 47 tag. */
                language: string;
                /**
                 * Format: date-time
                 * @description When the customer last wrote or was written to.
                 */
                last_interaction?: string | null;
                /** @description Where the customer is. */
                location?: string | null;
                /**
                 * Format: uuid
                 * @description The customer that this record was merged into.
                 */
                merged_into_id?: string | null;
                /** @description The name. */
                name?: string | null;
                /** @description What agents should know. */
                notes?: string | null;
                /** @description The telephone number. */
                phone?: string | null;
                /** @description active, blocked or vip. */
                status: string;
                /** @description Tags. */
                tags: string[];
                /** @description The time zone, an IANA name. */
                time_zone: string;
                /**
                 * Format: int32
                 * @description How many conversations there were.
                 */
                total_conversations: number;
                /**
                 * Format: date-time
                 * @description When it was last changed; its version.
                 */
                updated_at: string;
            }[];
            /** @description Where the next page begins: the parameter `cursor` of the next request. Absent on the last page. */
            next_cursor?: string | null;
        };
        /** @description A page of a list, in the list's order. */
        Page_Event: {
            /** @description The rows. */
            data: {
                /**
                 * Format: uuid
                 * @description The person, key or bot who did it.
                 */
                actor_id?: string | null;
                /** @description Who did it: customer, agent, ai, workflow, system or api. */
                actor_kind: string;
                /**
                 * Format: uuid
                 * @description The conversation it belongs to.
                 */
                conversation_id?: string | null;
                /**
                 * Format: int64
                 * @description Its number.
                 */
                id: number;
                /** @description What happened: `conversation.created`, `message.sent`, … */
                kind: string;
                /**
                 * Format: date-time
                 * @description When it happened.
                 */
                occurred_at: string;
                /** @description What else is known of it. */
                payload: Record<string, never>;
                /**
                 * Format: uuid
                 * @description To which one.
                 */
                subject_id: string;
                /** @description What it happened to. */
                subject_type: string;
            }[];
            /** @description Where the next page begins: the parameter `cursor` of the next request. Absent on the last page. */
            next_cursor?: string | null;
        };
        /** @description A page of a list, in the list's order. */
        Page_FoundMessage: {
            /** @description The rows. */
            data: {
                /** @description The beginning of its text. */
                content?: string | null;
                /**
                 * Format: uuid
                 * @description The conversation it is in.
                 */
                conversation_id: string;
                /**
                 * Format: date-time
                 * @description When it was written.
                 */
                created_at: string;
                /**
                 * Format: uuid
                 * @description The message.
                 */
                message_id: string;
                /** @description Who wrote it: user (the customer), ai or agent. */
                sender_type: string;
            }[];
            /** @description Where the next page begins: the parameter `cursor` of the next request. Absent on the last page. */
            next_cursor?: string | null;
        };
        /** @description A page of a list, in the list's order. */
        Page_IntentPattern: {
            /** @description The rows. */
            data: {
                /**
                 * Format: double
                 * @description From which likeness on it counts, 0 to 1.
                 */
                confidence_threshold: number;
                /**
                 * Format: date-time
                 * @description When it was made.
                 */
                created_at: string;
                /**
                 * Format: uuid
                 * @description Who made it.
                 */
                created_by?: string | null;
                /** @description Sentences of customers that mean it. */
                examples?: unknown;
                /**
                 * Format: uuid
                 * @description Its identity.
                 */
                id: string;
                /** @description The wish, by a short name. */
                intent_name: string;
                /** @description Whether it is looked for. */
                is_active: boolean;
                /** @description The language of the patterns, a BCP 47 tag. */
                language: string;
                /** @description Words and phrases that tell it. */
                patterns: string[];
                /**
                 * Format: date-time
                 * @description When it was last changed; its version.
                 */
                updated_at: string;
            }[];
            /** @description Where the next page begins: the parameter `cursor` of the next request. Absent on the last page. */
            next_cursor?: string | null;
        };
        /** @description A page of a list, in the list's order. */
        Page_Invitation: {
            /** @description The rows. */
            data: {
                /**
                 * Format: date-time
                 * @description When it was accepted.
                 */
                accepted_at?: string | null;
                /**
                 * Format: date-time
                 * @description When it was made.
                 */
                created_at: string;
                /** @description The address that is invited. */
                email: string;
                /**
                 * Format: date-time
                 * @description Until when it can be accepted.
                 */
                expires_at: string;
                /**
                 * Format: uuid
                 * @description Its identity.
                 */
                id: string;
                /**
                 * Format: uuid
                 * @description Who invites.
                 */
                invited_by?: string | null;
                /** @description What the member will be. */
                role: string;
            }[];
            /** @description Where the next page begins: the parameter `cursor` of the next request. Absent on the last page. */
            next_cursor?: string | null;
        };
        /** @description A page of a list, in the list's order. */
        Page_KnowledgeCategory: {
            /** @description The rows. */
            data: {
                /** @description Its colour, as CSS writes it. */
                color?: string | null;
                /**
                 * Format: date-time
                 * @description When it was made.
                 */
                created_at: string;
                /** @description What belongs here. */
                description?: string | null;
                /** @description The name of its picture. */
                icon?: string | null;
                /**
                 * Format: uuid
                 * @description Its identity.
                 */
                id: string;
                /** @description Whether it is shown. */
                is_active: boolean;
                /** @description What readers see. */
                name: string;
                /**
                 * Format: int32
                 * @description Its place among its neighbours, low first.
                 */
                order_index: number;
                /**
                 * Format: uuid
                 * @description The category above; null at the top.
                 */
                parent_id?: string | null;
                /**
                 * Format: date-time
                 * @description When it was last changed; its version.
                 */
                updated_at: string;
            }[];
            /** @description Where the next page begins: the parameter `cursor` of the next request. Absent on the last page. */
            next_cursor?: string | null;
        };
        /** @description A page of a list, in the list's order. */
        Page_KnowledgeItem: {
            /** @description The rows. */
            data: {
                /** @description Who may be shown it. */
                audience: components["schemas"]["KnowledgeAudience"];
                /**
                 * Format: uuid
                 * @description Where it is filed.
                 */
                category_id?: string | null;
                /** @description What the last editor said of his change; kept with the version. */
                change_note?: string | null;
                /** @description The text, Markdown or plain. */
                content: string;
                /**
                 * Format: date-time
                 * @description When it was made.
                 */
                created_at: string;
                /**
                 * Format: uuid
                 * @description Who made it.
                 */
                created_by?: string | null;
                /**
                 * Format: double
                 * @description Share of those it helped, smoothed: 0 to 1.
                 */
                effectiveness_score: number;
                /**
                 * Format: int32
                 * @description How many said that it helped.
                 */
                helpful_count: number;
                /**
                 * Format: uuid
                 * @description Its identity.
                 */
                id: string;
                /** @description Its language, a BCP 47 tag; decides how its words are searched. */
                language: string;
                /**
                 * Format: date-time
                 * @description When it was last used.
                 */
                last_used_at?: string | null;
                /**
                 * Format: date-time
                 * @description When it first became active.
                 */
                published_at?: string | null;
                /**
                 * Format: date-time
                 * @description When somebody should look again.
                 */
                review_due_at?: string | null;
                /**
                 * Format: date-time
                 * @description When somebody last found it still right.
                 */
                reviewed_at?: string | null;
                /** @description Where the text came from. */
                source_type: components["schemas"]["KnowledgeSource"];
                /** @description The page it was read from. */
                source_url?: string | null;
                /** @description How it stands. */
                status: components["schemas"]["KnowledgeStatus"];
                /** @description Words to file it by. */
                tags: string[];
                /** @description The heading. */
                title: string;
                /**
                 * Format: int32
                 * @description How many said that it did not.
                 */
                unhelpful_count: number;
                /**
                 * Format: date-time
                 * @description When it was last changed; its version.
                 */
                updated_at: string;
                /**
                 * Format: uuid
                 * @description Who last changed title or text.
                 */
                updated_by?: string | null;
                /**
                 * Format: int32
                 * @description How often it was used.
                 */
                usage_count: number;
                /**
                 * Format: int32
                 * @description Counts the changes of title and text, from 1.
                 */
                version: number;
            }[];
            /** @description Where the next page begins: the parameter `cursor` of the next request. Absent on the last page. */
            next_cursor?: string | null;
        };
        /** @description A page of a list, in the list's order. */
        Page_KnowledgeVersion: {
            /** @description The rows. */
            data: {
                /** @description What the editor said of the change. */
                changes_description?: string | null;
                /** @description The text it had. */
                content: string;
                /**
                 * Format: date-time
                 * @description Since when it was the text.
                 */
                created_at: string;
                /**
                 * Format: uuid
                 * @description Who wrote it.
                 */
                created_by?: string | null;
                /**
                 * Format: uuid
                 * @description Its identity.
                 */
                id: string;
                /** @description The heading it had. */
                title?: string | null;
                /**
                 * Format: int32
                 * @description Its number, from 1 without gaps.
                 */
                version: number;
            }[];
            /** @description Where the next page begins: the parameter `cursor` of the next request. Absent on the last page. */
            next_cursor?: string | null;
        };
        /** @description A page of a list, in the list's order. */
        Page_Member: {
            /** @description The rows. */
            data: {
                /** @description available, busy, away or offline, as the agent says. */
                availability?: string | null;
                /** @description The person's picture. */
                avatar_url?: string | null;
                /**
                 * Format: date-time
                 * @description Since when.
                 */
                created_at: string;
                /**
                 * Format: int32
                 * @description How many open conversations the agent has.
                 */
                current_chat_count?: number | null;
                /** @description The person's address. */
                email?: string | null;
                /** @description The person's name. */
                full_name?: string | null;
                /**
                 * Format: uuid
                 * @description The membership.
                 */
                id: string;
                /** @description Whether the agent is at work. */
                is_online?: boolean | null;
                /**
                 * Format: int32
                 * @description How many the agent takes at once.
                 */
                max_concurrent_chats?: number | null;
                /**
                 * Format: uuid
                 * @description The person.
                 */
                person_id: string;
                /** @description viewer, agent, admin or owner. */
                role: string;
                /** @description active or removed. */
                status: string;
                /**
                 * Format: date-time
                 * @description When it was last changed; its version.
                 */
                updated_at: string;
            }[];
            /** @description Where the next page begins: the parameter `cursor` of the next request. Absent on the last page. */
            next_cursor?: string | null;
        };
        /** @description A page of a list, in the list's order. */
        Page_Message: {
            /** @description The rows. */
            data: {
                /** @description The kind of channel. */
                channel_type: string;
                /**
                 * Format: double
                 * @description How sure the assistant was.
                 */
                confidence_score?: number | null;
                /** @description What was said. */
                content: string;
                /**
                 * Format: uuid
                 * @description The conversation.
                 */
                conversation_id: string;
                /**
                 * Format: date-time
                 * @description When it was said.
                 */
                created_at: string;
                /** @description How far it has come: scheduled, queued, sending, sent, delivered, read, failed or cancelled. */
                delivery_status: string;
                /** @description Its id on the channel, or `client:` and the id the sender gave. */
                external_message_id?: string | null;
                /**
                 * Format: uuid
                 * @description Its identity.
                 */
                id: string;
                /** @description Whether it is automatic mail that wakes nobody. */
                is_quiet: boolean;
                /** @description text, image, audio, video, document, location, contact, sticker, reaction, template, interactive or system. */
                kind: string;
                /** @description Its language, a BCP 47 tag. */
                language?: string | null;
                /** @description The medium's address. */
                media_url?: string | null;
                /** @description What it carries along. */
                metadata: Record<string, never>;
                /**
                 * Format: uuid
                 * @description The agent.
                 */
                sender_id?: string | null;
                /** @description user (the customer), ai or agent. */
                sender_type: string;
                /**
                 * Format: date-time
                 * @description When it was last changed.
                 */
                updated_at: string;
            }[];
            /** @description Where the next page begins: the parameter `cursor` of the next request. Absent on the last page. */
            next_cursor?: string | null;
        };
        /** @description A page of a list, in the list's order. */
        Page_Note: {
            /** @description The rows. */
            data: {
                /**
                 * Format: uuid
                 * @description Who wrote it; none for a program.
                 */
                author_id?: string | null;
                /** @description What it says. */
                content: string;
                /**
                 * Format: uuid
                 * @description The conversation.
                 */
                conversation_id: string;
                /**
                 * Format: date-time
                 * @description When it was written.
                 */
                created_at: string;
                /**
                 * Format: uuid
                 * @description Its identity.
                 */
                id: string;
                /** @description general, escalation or resolution. */
                kind: string;
                /** @description Members whose attention it asks for. */
                mentions: string[];
                /**
                 * Format: date-time
                 * @description When it was last changed.
                 */
                updated_at: string;
            }[];
            /** @description Where the next page begins: the parameter `cursor` of the next request. Absent on the last page. */
            next_cursor?: string | null;
        };
        /** @description A page of a list, in the list's order. */
        Page_OwnWidget: {
            /** @description The rows. */
            data: {
                /** @description Hosts it may be on, `*.example.com` for all below; empty for any. */
                allowed_domains: string[];
                /**
                 * Format: uuid
                 * @description The website channel whose conversations it begins.
                 */
                channel_id?: string | null;
                /** @description Colours, texts, form before the chat. */
                configuration: Record<string, never>;
                /**
                 * Format: date-time
                 * @description When it was made.
                 */
                created_at: string;
                /** @description Styles of the owner's own. */
                custom_css?: string | null;
                /** @description The site it was made for. */
                domain?: string | null;
                /**
                 * Format: uuid
                 * @description Its id.
                 */
                id: string;
                /** @description Whether its token finds it. */
                is_active: boolean;
                /** @description What it is called. */
                name: string;
                /** @description Whether only proven visitors may write. */
                requires_identity: boolean;
                /**
                 * Format: date-time
                 * @description When it was last changed; its version.
                 */
                updated_at: string;
            }[];
            /** @description Where the next page begins: the parameter `cursor` of the next request. Absent on the last page. */
            next_cursor?: string | null;
        };
        /** @description A page of a list, in the list's order. */
        Page_RoutingRule: {
            /** @description The rows. */
            data: {
                /** @description What must hold of the customer and the message: values by field. */
                conditions: Record<string, never>;
                /**
                 * Format: date-time
                 * @description When it was made.
                 */
                created_at: string;
                /**
                 * Format: uuid
                 * @description Who made it.
                 */
                created_by?: string | null;
                fallback_channel_type?: components["schemas"]["ChannelKind"] | null;
                /**
                 * Format: uuid
                 * @description Its identity.
                 */
                id: string;
                /** @description Whether it is obeyed. */
                is_active: boolean;
                /** @description What members call it. */
                name: string;
                /**
                 * Format: int32
                 * @description The rule with the highest number that applies is taken.
                 */
                priority: number;
                /** @description The kind of channel to write by. */
                target_channel_type: components["schemas"]["ChannelKind"];
                /**
                 * Format: date-time
                 * @description When it was last changed; its version.
                 */
                updated_at: string;
            }[];
            /** @description Where the next page begins: the parameter `cursor` of the next request. Absent on the last page. */
            next_cursor?: string | null;
        };
        /** @description A page of a list, in the list's order. */
        Page_SavedView: {
            /** @description The rows. */
            data: {
                /**
                 * Format: date-time
                 * @description When it was made.
                 */
                created_at: string;
                /** @description Which conversations it shows: parameters of the list of conversations. */
                filters: Record<string, never>;
                /**
                 * Format: uuid
                 * @description Its identity.
                 */
                id: string;
                /** @description Whether the whole workspace sees it. */
                is_shared: boolean;
                /** @description What it is called. */
                name: string;
                /** @description By what they are ordered. */
                sort: components["schemas"]["ViewSort"];
                /**
                 * Format: date-time
                 * @description When it was last changed; its version.
                 */
                updated_at: string;
                /**
                 * Format: uuid
                 * @description Whose it is; none of a program's.
                 */
                user_id?: string | null;
            }[];
            /** @description Where the next page begins: the parameter `cursor` of the next request. Absent on the last page. */
            next_cursor?: string | null;
        };
        /** @description A page of a list, in the list's order. */
        Page_ScheduledMessage: {
            /** @description The rows. */
            data: {
                /** @description What will be said. */
                content: string;
                /**
                 * Format: uuid
                 * @description The conversation.
                 */
                conversation_id: string;
                /**
                 * Format: date-time
                 * @description When it was made.
                 */
                created_at: string;
                /** @description Why it could not be sent. */
                error_message?: string | null;
                /**
                 * Format: uuid
                 * @description Its identity.
                 */
                id: string;
                /** @description The kind of message. */
                kind: string;
                /**
                 * Format: uuid
                 * @description The message it became.
                 */
                message_id?: string | null;
                /** @description What it will carry along. */
                metadata: Record<string, never>;
                /**
                 * Format: date-time
                 * @description When it is due.
                 */
                send_at: string;
                /**
                 * Format: uuid
                 * @description Who sends it.
                 */
                sender_id?: string | null;
                /** @description scheduled, sent, cancelled or failed. */
                status: string;
            }[];
            /** @description Where the next page begins: the parameter `cursor` of the next request. Absent on the last page. */
            next_cursor?: string | null;
        };
        /** @description A page of a list, in the list's order. */
        Page_Setting: {
            /** @description The rows. */
            data: {
                /** @description What it is for. */
                description?: string | null;
                /** @description Whether this version obeys it; the others are kept for who reads them. */
                is_effective: boolean;
                /** @description Whether visitors who are not signed in may read it. */
                is_public: boolean;
                /** @description Its key. */
                setting_key: string;
                /** @description Its value, of the shape that the key needs. */
                setting_value: unknown;
                /**
                 * Format: date-time
                 * @description When it was last changed; its version.
                 */
                updated_at: string;
                /**
                 * Format: uuid
                 * @description Who changed it last.
                 */
                updated_by?: string | null;
            }[];
            /** @description Where the next page begins: the parameter `cursor` of the next request. Absent on the last page. */
            next_cursor?: string | null;
        };
        /** @description A page of a list, in the list's order. */
        Page_SlaPolicy: {
            /** @description The rows. */
            data: {
                /** @description Whether the seconds are those of the workspace's business hours. */
                business_hours_only: boolean;
                /** @description Kinds of channel it is for; empty for all. */
                channel_types: components["schemas"]["ChannelKind"][];
                /**
                 * Format: date-time
                 * @description When it was made.
                 */
                created_at: string;
                /**
                 * Format: uuid
                 * @description Who made it.
                 */
                created_by?: string | null;
                /** @description What it promises. */
                description?: string | null;
                /**
                 * Format: int32
                 * @description Within how many seconds the first answer is due. Null for no promise.
                 */
                first_response_seconds?: number | null;
                /**
                 * Format: uuid
                 * @description Its identity.
                 */
                id: string;
                /** @description Whether new conversations get it. */
                is_active: boolean;
                /** @description Its name. */
                name: string;
                /**
                 * Format: int32
                 * @description Within how many seconds each later answer is due. Null for no promise.
                 */
                next_response_seconds?: number | null;
                /** @description Whether the resolution's clock stands while the customer has to answer. */
                pause_while_waiting: boolean;
                /**
                 * Format: int32
                 * @description Policies are tried by ascending position.
                 */
                position: number;
                /** @description Priorities it is for; empty for all. */
                priorities: components["schemas"]["SlaPriority"][];
                /**
                 * Format: int32
                 * @description Within how many seconds the resolution is due. Null for no promise.
                 */
                resolution_seconds?: number | null;
                /** @description Teams it is for; empty for all. */
                team_ids: string[];
                /**
                 * Format: date-time
                 * @description When it was last changed; its version.
                 */
                updated_at: string;
            }[];
            /** @description Where the next page begins: the parameter `cursor` of the next request. Absent on the last page. */
            next_cursor?: string | null;
        };
        /** @description A page of a list, in the list's order. */
        Page_Team: {
            /** @description The rows. */
            data: {
                /** @description Its own hours, of the form of the workspace's; null for the workspace's. */
                business_hours?: Record<string, never> | null;
                /**
                 * Format: date-time
                 * @description When it was made.
                 */
                created_at: string;
                /** @description The department whose conversations it takes; of one team at most. */
                department?: string | null;
                /** @description What it is for. */
                description?: string | null;
                /**
                 * Format: uuid
                 * @description Its identity.
                 */
                id: string;
                /**
                 * Format: int64
                 * @description How many members it has.
                 */
                member_count: number;
                /** @description Its name. */
                name: string;
                /**
                 * Format: date-time
                 * @description When it was last changed; its version.
                 */
                updated_at: string;
            }[];
            /** @description Where the next page begins: the parameter `cursor` of the next request. Absent on the last page. */
            next_cursor?: string | null;
        };
        /** @description A page of a list, in the list's order. */
        Page_TeamMember: {
            /** @description The rows. */
            data: {
                /**
                 * Format: date-time
                 * @description Since when the person is in the team.
                 */
                created_at: string;
                /** @description The name colleagues and customers see. */
                full_name?: string | null;
                /**
                 * Format: uuid
                 * @description The person.
                 */
                user_id: string;
            }[];
            /** @description Where the next page begins: the parameter `cursor` of the next request. Absent on the last page. */
            next_cursor?: string | null;
        };
        /** @description A page of a list, in the list's order. */
        Page_Template: {
            /** @description The rows. */
            data: {
                /** @description What the provider charges and allows it as. */
                category: components["schemas"]["TemplateCategory"];
                /** @description The kind of channel it is for. */
                channel_type: components["schemas"]["ChannelKind"];
                /**
                 * Format: date-time
                 * @description When it was made.
                 */
                created_at: string;
                /**
                 * Format: uuid
                 * @description Who made it.
                 */
                created_by?: string | null;
                /** @description The provider's id of it. */
                external_template_id?: string | null;
                /**
                 * Format: uuid
                 * @description Its identity.
                 */
                id: string;
                /** @description Its language, a BCP 47 tag. */
                language: string;
                /** @description Its name at the provider. */
                name: string;
                /** @description The provider's verdict. */
                status: components["schemas"]["TemplateStatus"];
                /** @description Header, body, footer and buttons, as the provider takes them. */
                template_content: Record<string, never>;
                /**
                 * Format: date-time
                 * @description When it was last changed; its version.
                 */
                updated_at: string;
                /**
                 * Format: int32
                 * @description How often it was sent.
                 */
                usage_count: number;
            }[];
            /** @description Where the next page begins: the parameter `cursor` of the next request. Absent on the last page. */
            next_cursor?: string | null;
        };
        /** @description A page of a list, in the list's order. */
        Page_Webhook: {
            /** @description The rows. */
            data: {
                /**
                 * Format: date-time
                 * @description When it was made.
                 */
                created_at: string;
                /**
                 * Format: date-time
                 * @description When it was switched off for its failures.
                 */
                disabled_at?: string | null;
                /** @description Why. */
                disabled_reason?: string | null;
                /** @description Which events: a kind (`message.created`), all of a subject (`message.*`) or all (`*`). */
                event_type: string;
                /**
                 * Format: date-time
                 * @description Since when nothing has succeeded.
                 */
                failing_since?: string | null;
                /**
                 * Format: int32
                 * @description How many were not.
                 */
                failure_count: number;
                /** @description Whether its posts are signed. */
                has_secret: boolean;
                /**
                 * Format: uuid
                 * @description Its identity.
                 */
                id: string;
                /**
                 * Format: uuid
                 * @description The integration it belongs to.
                 */
                integration_id?: string | null;
                /** @description Whether events are put out. */
                is_active: boolean;
                /**
                 * Format: date-time
                 * @description When something was last posted.
                 */
                last_triggered?: string | null;
                /**
                 * Format: int32
                 * @description How often a failed post is repeated.
                 */
                retry_count: number;
                /**
                 * Format: int32
                 * @description How many posts were taken.
                 */
                success_count: number;
                /**
                 * Format: int32
                 * @description How long an answer is waited for.
                 */
                timeout_seconds: number;
                /** @description Where they are posted. */
                webhook_url: string;
            }[];
            /** @description Where the next page begins: the parameter `cursor` of the next request. Absent on the last page. */
            next_cursor?: string | null;
        };
        /** @description A page of a list, in the list's order. */
        Page_WebhookDelivery: {
            /** @description The rows. */
            data: {
                /**
                 * Format: int32
                 * @description Attempts since it was made or replayed.
                 */
                attempt_count: number;
                /** @description All attempts: when, with which answer, how long it took, why it failed. */
                attempts: Record<string, never>[];
                /**
                 * Format: date-time
                 * @description When it was over.
                 */
                completed_at?: string | null;
                /**
                 * Format: date-time
                 * @description When it was made.
                 */
                created_at: string;
                /** @description Why the last attempt failed. */
                error_message?: string | null;
                /**
                 * Format: int64
                 * @description The event's place in the ledger; none of a test.
                 */
                event_id?: number | null;
                /** @description The event. */
                event_type: string;
                /**
                 * Format: uuid
                 * @description Its identity. Without its dashes and with `msg_` before it, the header `webhook-id`.
                 */
                id: string;
                /**
                 * Format: date-time
                 * @description When the next attempt is made; null when there is none.
                 */
                next_attempt_at?: string | null;
                /**
                 * Format: int32
                 * @description How long the last attempt took, milliseconds.
                 */
                processing_time_ms?: number | null;
                /** @description The beginning of the last answer. */
                response_body?: string | null;
                /**
                 * Format: int32
                 * @description The last answer's status.
                 */
                response_status?: number | null;
                /** @description pending, sending, succeeded, failed (no further attempt helps) or dead (the attempts are used up). */
                status: string;
            }[];
            /** @description Where the next page begins: the parameter `cursor` of the next request. Absent on the last page. */
            next_cursor?: string | null;
        };
        /** @description A page of a list, in the list's order. */
        Page_Workflow: {
            /** @description The rows. */
            data: {
                /** @description Which node leads to which. */
                connections: unknown[];
                /**
                 * Format: date-time
                 * @description When it was made.
                 */
                created_at: string;
                /** @description What it is for. */
                description?: string | null;
                /**
                 * Format: int32
                 * @description How many runs were started.
                 */
                execution_count: number;
                /**
                 * Format: int32
                 * @description How many failed.
                 */
                failure_count: number;
                /**
                 * Format: uuid
                 * @description Its identity.
                 */
                id: string;
                /** @description Whether it is started. */
                is_active: boolean;
                /** @description What members call it. */
                name: string;
                /** @description The steps as the editor draws them. */
                nodes: unknown[];
                /** @description The steps in order. */
                steps: unknown[];
                /**
                 * Format: int32
                 * @description How many were completed.
                 */
                success_count: number;
                /** @description Which intent, keyword, time or event. */
                trigger_conditions: Record<string, never>;
                /** @description What starts it. */
                trigger_type: components["schemas"]["WorkflowTrigger"];
                /**
                 * Format: date-time
                 * @description When it was last changed; its version.
                 */
                updated_at: string;
                /**
                 * Format: uuid
                 * @description Who made it.
                 */
                user_id?: string | null;
            }[];
            /** @description Where the next page begins: the parameter `cursor` of the next request. Absent on the last page. */
            next_cursor?: string | null;
        };
        /** @description A page of a list, in the list's order. */
        Page_Workspace: {
            /** @description The rows. */
            data: {
                /** @description Opening hours: for each weekday an object with start and end. */
                business_hours: Record<string, never>;
                /**
                 * Format: date-time
                 * @description When it was made.
                 */
                created_at: string;
                /** @description The language where nothing else is known. */
                default_language: string;
                /**
                 * Format: uuid
                 * @description Its identity.
                 */
                id: string;
                /** @description Its name. */
                name: string;
                /** @description What the person is in it. */
                role: string;
                /** @description Further settings. */
                settings: Record<string, never>;
                /** @description Its short name in addresses. */
                slug: string;
                /** @description active or suspended. */
                status: string;
                /** @description The time zone in which its days begin. */
                time_zone: string;
                /**
                 * Format: date-time
                 * @description When it was last changed; its version.
                 */
                updated_at: string;
            }[];
            /** @description Where the next page begins: the parameter `cursor` of the next request. Absent on the last page. */
            next_cursor?: string | null;
        };
        /** @description One who follows a conversation. */
        Participant: {
            /**
             * Format: date-time
             * @description Since when.
             */
            created_at: string;
            /**
             * Format: uuid
             * @description The row.
             */
            id: string;
            /**
             * Format: uuid
             * @description The person.
             */
            person_id: string;
            /** @description follower or mentioned. */
            role: string;
        };
        /** @description Those who follow a conversation. */
        Participants: {
            /** @description In the order they came. */
            data: components["schemas"]["Participant"][];
        };
        /** @description The present and the new password. */
        PasswordChange: {
            /** @description The present password. */
            current_password: string;
            /** @description The new one: 15 characters or more. */
            new_password: string;
        };
        /** @description The token of the mail, and the new password. */
        PasswordReset: {
            /** @description The new password: 15 characters or more. */
            new_password: string;
            /** @description The token of the link. */
            token: string;
        };
        /** @description How long customers waited. */
        Percentiles: {
            /**
             * Format: int64
             * @description How many conversations began.
             */
            conversation_count: number;
            /** @description The same in business hours. */
            first_response_business_seconds?: (number | null)[] | null;
            /**
             * Format: int64
             * @description How many of them were answered.
             */
            first_response_count: number;
            /** @description Seconds to the first answer: within them came 50, 90 and 95 % of them. */
            first_response_seconds?: (number | null)[] | null;
            /** @description The same in business hours. */
            resolution_business_seconds?: (number | null)[] | null;
            /**
             * Format: int64
             * @description How many of them were resolved.
             */
            resolution_count: number;
            /** @description Seconds to the resolution: within them came 50, 90 and 95 % of them. */
            resolution_seconds?: (number | null)[] | null;
        };
        /**
         * @description How urgent a conversation is.
         * @enum {string}
         */
        Priority: "low" | "normal" | "high" | "urgent";
        /** @description A problem document (RFC 9457). */
        Problem: {
            /** @description The kind of problem, for programs. */
            code: string;
            /** @description What is wrong with this request. */
            detail?: string | null;
            /** @description Every value that is wrong, where there are several. */
            errors?: components["schemas"]["FieldError"][];
            /** @description The value that is wrong, where it is one. */
            field?: string | null;
            /**
             * Format: int32
             * @description The HTTP status.
             */
            status: number;
            /** @description The kind of problem in words; the same for every problem of a code. */
            title: string;
            /** @description Where the kind of problem is explained: a path on this server. */
            type: string;
        };
        /** @description A person's profile. */
        Profile: {
            /** @description The picture. */
            avatar_url?: string | null;
            /**
             * Format: date-time
             * @description When the account was made.
             */
            created_at: string;
            /** @description The address to sign in with. */
            email: string;
            /** @description The name. */
            full_name?: string | null;
            /**
             * Format: uuid
             * @description The person.
             */
            id: string;
            /** @description The language, a BCP 47 tag. */
            language: string;
            /** @description Preferences. */
            settings: Record<string, never>;
            /** @description The time zone, an IANA name. */
            time_zone: string;
            /**
             * Format: date-time
             * @description When it was last changed; its version.
             */
            updated_at: string;
        };
        /** @description What to change of the profile. What is absent stays as it is. */
        ProfileChange: {
            /** @description The picture's address; null for none. */
            avatar_url?: string | null;
            /** @description The name; null for none. */
            full_name?: string | null;
            /** @description The language, a BCP 47 tag. */
            language?: string | null;
            /** @description Preferences, all of them. */
            settings?: Record<string, never> | null;
            /** @description The time zone, an IANA name. */
            time_zone?: string | null;
        };
        /** @description The session of a proven visitor. */
        ProvenVisitor: {
            /**
             * Format: date-time
             * @description When the session ends, unless it is used.
             */
            expires_at: string;
            /** @description The customer's name. */
            name?: string | null;
            /** @description Always true. */
            verified: boolean;
            /** @description The new token: it is shown here alone. The one before is not valid any more. */
            visitor_token: string;
        };
        /** @description What the customer thinks. */
        Rating: {
            /** @description In words. */
            comment?: string | null;
            /**
             * Format: double
             * @description On the workspace's scale.
             */
            score: number;
        };
        /** @description That the process can serve requests. */
        Readiness: {
            /** @description The newest migration of the database. */
            schema_version: string;
            /** @description Always `ready`; else the answer is a problem. */
            status: string;
        };
        /** @description How far it was read. */
        ReadMark: {
            /**
             * Format: uuid
             * @description The last message that was read; the last there is when nothing is said.
             * @default null
             */
            message_id?: string | null;
        };
        /** @description Codes that stand in for a lost app, once each. They are shown this once. */
        RecoveryCodes: {
            /** @description The codes. */
            recovery_codes: string[];
        };
        /** @description Why not. */
        Rejection: {
            /**
             * @description Why not.
             * @default null
             */
            reason?: string | null;
        };
        /** @description A text, ready to be sent. */
        Rendered: {
            /** @description The text. */
            content: string;
            /** @description The names that nothing is known for; they stand in the text as they were. */
            missing: string[];
        };
        /**
         * @description For whom a text is wanted.
         * @example {
         *       "conversation_id": "0198c0de-0000-7000-8000-000000000001",
         *       "is_used": true,
         *       "variables": {
         *         "date": "3 May"
         *       }
         *     }
         */
        Rendering: {
            /**
             * Format: uuid
             * @description The conversation it is for; its customer is meant too.
             */
            conversation_id?: string | null;
            /**
             * Format: uuid
             * @description The customer it is for, where there is no conversation.
             */
            customer_id?: string | null;
            /** @description Whether it is inserted now, which counts as a use. */
            is_used?: boolean;
            /** @description Values by name, before what is known. */
            variables?: {
                [key: string]: string;
            };
        };
        /** @description What to put out again: some by id, also those that were taken, or all that failed since a moment. */
        Replay: {
            /** @description These. */
            delivery_ids?: string[] | null;
            /**
             * Format: date-time
             * @description All that failed since then.
             */
            since?: string | null;
        };
        /** @description How much is put out again. */
        Replayed: {
            /**
             * Format: int32
             * @description How many deliveries.
             */
            replayed: number;
        };
        /** @description The account whose password is forgotten. */
        ResetRequest: {
            /** @description Its address. */
            email: string;
        };
        /**
         * @description How a conversation ended.
         * @enum {string}
         */
        Resolution: "solved" | "escalated" | "abandoned" | "spam";
        /** @description How to end a conversation. */
        Resolve: {
            /**
             * @description Whether it is closed for good; a message of the customer then begins another.
             * @default false
             */
            is_final?: boolean;
            /** @default null */
            resolution_type?: components["schemas"]["Resolution"] | null;
        };
        /** @description By which channel a customer is written to. The rule with the highest priority that applies is taken. */
        RoutingRule: {
            /** @description What must hold of the customer and the message: values by field. */
            conditions: Record<string, never>;
            /**
             * Format: date-time
             * @description When it was made.
             */
            created_at: string;
            /**
             * Format: uuid
             * @description Who made it.
             */
            created_by?: string | null;
            fallback_channel_type?: components["schemas"]["ChannelKind"] | null;
            /**
             * Format: uuid
             * @description Its identity.
             */
            id: string;
            /** @description Whether it is obeyed. */
            is_active: boolean;
            /** @description What members call it. */
            name: string;
            /**
             * Format: int32
             * @description The rule with the highest number that applies is taken.
             */
            priority: number;
            /** @description The kind of channel to write by. */
            target_channel_type: components["schemas"]["ChannelKind"];
            /**
             * Format: date-time
             * @description When it was last changed; its version.
             */
            updated_at: string;
        };
        /**
         * @description What to change of a routing rule. What is absent stays as it is.
         * @example {
         *       "is_active": false
         *     }
         */
        RoutingRuleChange: {
            /** @description What must hold of the customer and the message: values by field. */
            conditions?: Record<string, never> | null;
            fallback_channel_type?: components["schemas"]["ChannelKind"] | null;
            /** @description Whether it is obeyed. */
            is_active?: boolean | null;
            /** @description What members call it. */
            name?: string | null;
            /**
             * Format: int32
             * @description The rule with the highest number that applies is taken.
             */
            priority?: number | null;
            target_channel_type?: components["schemas"]["ChannelKind"] | null;
        };
        /** @description A filter of the inbox that is kept. */
        SavedView: {
            /**
             * Format: date-time
             * @description When it was made.
             */
            created_at: string;
            /** @description Which conversations it shows: parameters of the list of conversations. */
            filters: Record<string, never>;
            /**
             * Format: uuid
             * @description Its identity.
             */
            id: string;
            /** @description Whether the whole workspace sees it. */
            is_shared: boolean;
            /** @description What it is called. */
            name: string;
            /** @description By what they are ordered. */
            sort: components["schemas"]["ViewSort"];
            /**
             * Format: date-time
             * @description When it was last changed; its version.
             */
            updated_at: string;
            /**
             * Format: uuid
             * @description Whose it is; none of a program's.
             */
            user_id?: string | null;
        };
        /**
         * @description What to change of a saved view. What is absent stays as it is.
         * @example {
         *       "is_shared": false
         *     }
         */
        SavedViewChange: {
            /** @description Which conversations it shows: parameters of the list of conversations. */
            filters?: Record<string, never> | null;
            /** @description Whether the whole workspace sees it. */
            is_shared?: boolean | null;
            /** @description What it is called. */
            name?: string | null;
            sort?: components["schemas"]["ViewSort"] | null;
        };
        /** @description An answer that is to be sent later. */
        ScheduledMessage: {
            /** @description What will be said. */
            content: string;
            /**
             * Format: uuid
             * @description The conversation.
             */
            conversation_id: string;
            /**
             * Format: date-time
             * @description When it was made.
             */
            created_at: string;
            /** @description Why it could not be sent. */
            error_message?: string | null;
            /**
             * Format: uuid
             * @description Its identity.
             */
            id: string;
            /** @description The kind of message. */
            kind: string;
            /**
             * Format: uuid
             * @description The message it became.
             */
            message_id?: string | null;
            /** @description What it will carry along. */
            metadata: Record<string, never>;
            /**
             * Format: date-time
             * @description When it is due.
             */
            send_at: string;
            /**
             * Format: uuid
             * @description Who sends it.
             */
            sender_id?: string | null;
            /** @description scheduled, sent, cancelled or failed. */
            status: string;
        };
        /** @description A secret to be put into an app. It is in force once a first code was right. */
        SecondFactorOffer: {
            /** @description The same as an address, to be shown as a QR code. */
            address: string;
            /** @description The secret, to be typed. */
            secret: string;
        };
        /** @description The second step of signing in. */
        SecondStep: {
            /** @description The six digits of the app, or a recovery code. */
            code: string;
            /** @description The token of the first step. */
            token: string;
        };
        /**
         * @description A message of a visitor.
         * @example {
         *       "client_message_id": "01890a5d-ac96-774b-bcce-b302099a8057",
         *       "content": "Where is my parcel?"
         *     }
         */
        SendVisitorMessage: {
            /** @description Files that he uploaded before. */
            attachment_ids?: string[];
            /**
             * Format: uuid
             * @description An id that the page makes for the message. The same one is stored once.
             */
            client_message_id: string;
            /** @description The text; it may be empty beside files. */
            content: string;
            /** @description The address he gives: a claim, which joins him to nobody. */
            email?: string | null;
            form?: components["schemas"]["FormAnswers"] | null;
            /** @description The name the visitor gives himself. */
            name?: string | null;
            /** @description Its title. */
            page_title?: string | null;
            /** @description The page he looks at. */
            page_url?: string | null;
            /** @description The number he gives: a claim. */
            phone?: string | null;
        };
        /** @description A place where a person is signed in. */
        Session: {
            /** @description The address it began from. */
            address?: string | null;
            /**
             * Format: date-time
             * @description When it began.
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When it ends if it is not used.
             */
            expires_at: string;
            /**
             * Format: uuid
             * @description Its identity.
             */
            id: string;
            /**
             * Format: date-time
             * @description When it was last used, to the minute.
             */
            last_used_at: string;
            /** @description The program, as it called itself. */
            user_agent?: string | null;
        };
        /** @description The sessions of a person. */
        Sessions: {
            /**
             * Format: uuid
             * @description The one the request came with.
             */
            current_id?: string | null;
            /** @description Those that are not over, the last used first. */
            data: components["schemas"]["Session"][];
        };
        /** @description A setting. */
        Setting: {
            /** @description What it is for. */
            description?: string | null;
            /** @description Whether this version obeys it; the others are kept for who reads them. */
            is_effective: boolean;
            /** @description Whether visitors who are not signed in may read it. */
            is_public: boolean;
            /** @description Its key. */
            setting_key: string;
            /** @description Its value, of the shape that the key needs. */
            setting_value: unknown;
            /**
             * Format: date-time
             * @description When it was last changed; its version.
             */
            updated_at: string;
            /**
             * Format: uuid
             * @description Who changed it last.
             */
            updated_by?: string | null;
        };
        /**
         * @description A setting's value.
         * @example {
         *       "setting_value": 7200
         *     }
         */
        SettingChange: {
            /** @description What it is for; stays when nothing is said. */
            description?: string | null;
            /** @description Whether visitors who are not signed in may read it; stays when nothing is said. */
            is_public?: boolean | null;
            /** @description The value, of the shape that the key needs. */
            setting_value: unknown;
        };
        /** @description The first owner. */
        Setup: {
            /** @description The address to sign in with. */
            email: string;
            /** @description The person's name. */
            full_name: string;
            /** @description The password: 15 characters or more. */
            password: string;
            /** @description The token of the address that the server printed. */
            token: string;
        };
        /** @description A person who has just signed in. The session itself is in the cookie. */
        SignedIn: {
            /**
             * Format: date-time
             * @description When the session ends in any case.
             */
            expires_at: string;
            /**
             * Format: uuid
             * @description The person.
             */
            person_id: string;
        };
        /** @description An account for who is invited. */
        SignUp: {
            /** @description The person's name. */
            full_name: string;
            /** @description The new account's password: 15 characters or more. */
            password: string;
            /** @description The token of the link. */
            token: string;
        };
        /** @description What is promised to conversations of a kind. The first active one by position that fits applies. */
        SlaPolicy: {
            /** @description Whether the seconds are those of the workspace's business hours. */
            business_hours_only: boolean;
            /** @description Kinds of channel it is for; empty for all. */
            channel_types: components["schemas"]["ChannelKind"][];
            /**
             * Format: date-time
             * @description When it was made.
             */
            created_at: string;
            /**
             * Format: uuid
             * @description Who made it.
             */
            created_by?: string | null;
            /** @description What it promises. */
            description?: string | null;
            /**
             * Format: int32
             * @description Within how many seconds the first answer is due. Null for no promise.
             */
            first_response_seconds?: number | null;
            /**
             * Format: uuid
             * @description Its identity.
             */
            id: string;
            /** @description Whether new conversations get it. */
            is_active: boolean;
            /** @description Its name. */
            name: string;
            /**
             * Format: int32
             * @description Within how many seconds each later answer is due. Null for no promise.
             */
            next_response_seconds?: number | null;
            /** @description Whether the resolution's clock stands while the customer has to answer. */
            pause_while_waiting: boolean;
            /**
             * Format: int32
             * @description Policies are tried by ascending position.
             */
            position: number;
            /** @description Priorities it is for; empty for all. */
            priorities: components["schemas"]["SlaPriority"][];
            /**
             * Format: int32
             * @description Within how many seconds the resolution is due. Null for no promise.
             */
            resolution_seconds?: number | null;
            /** @description Teams it is for; empty for all. */
            team_ids: string[];
            /**
             * Format: date-time
             * @description When it was last changed; its version.
             */
            updated_at: string;
        };
        /**
         * @description What to change of a policy. What is absent stays as it is.
         * @example {
         *       "first_response_seconds": 1800
         *     }
         */
        SlaPolicyChange: {
            /** @description Whether the seconds are those of the workspace's business hours. */
            business_hours_only?: boolean | null;
            /** @description Kinds of channel it is for; empty for all. */
            channel_types?: components["schemas"]["ChannelKind"][] | null;
            /** @description What it promises. */
            description?: string | null;
            /**
             * Format: int32
             * @description Within how many seconds the first answer is due. Null for no promise.
             */
            first_response_seconds?: number | null;
            /** @description Whether new conversations get it. */
            is_active?: boolean | null;
            /** @description Its name. */
            name?: string | null;
            /**
             * Format: int32
             * @description Within how many seconds each later answer is due. Null for no promise.
             */
            next_response_seconds?: number | null;
            /** @description Whether the resolution's clock stands while the customer has to answer. */
            pause_while_waiting?: boolean | null;
            /**
             * Format: int32
             * @description Policies are tried by ascending position.
             */
            position?: number | null;
            /** @description Priorities it is for; empty for all. */
            priorities?: components["schemas"]["SlaPriority"][] | null;
            /**
             * Format: int32
             * @description Within how many seconds the resolution is due. Null for no promise.
             */
            resolution_seconds?: number | null;
            /** @description Teams it is for; empty for all. */
            team_ids?: string[] | null;
        };
        /**
         * @description A priority that a policy is for.
         * @enum {string}
         */
        SlaPriority: "low" | "normal" | "high" | "urgent";
        /** @description How a widget is put on a site. */
        Snippet: {
            /** @description The line of HTML. */
            html: string;
            /** @description The public token, which stands in the page's source. */
            token: string;
        };
        /** @description Until when. */
        Snooze: {
            /**
             * Format: date-time
             * @description When it comes back; a message of the customer brings it back before.
             */
            until: string;
        };
        /** @description Where a visitor's message was stored. */
        StoredMessage: {
            /**
             * Format: uuid
             * @description The conversation.
             */
            conversation_id: string;
            /**
             * Format: date-time
             * @description When it was stored.
             */
            created_at: string;
            /**
             * Format: uuid
             * @description The message.
             */
            message_id: string;
        };
        /** @description A tag in use. */
        Tag: {
            /** @description The tag. */
            tag: string;
            /**
             * Format: int64
             * @description How many have it.
             */
            use_count: number;
        };
        /** @description Tags to add and to take away. */
        TagChange: {
            /**
             * @description Tags that it has from now on.
             * @default []
             */
            add?: string[];
            /**
             * @description Tags that it has no more.
             * @default []
             */
            remove?: string[];
        };
        /** @description The tags. */
        Tags: {
            /** @description Most used first. */
            data: components["schemas"]["Tag"][];
        };
        /** @description A group of agents. */
        Team: {
            /** @description Its own hours, of the form of the workspace's; null for the workspace's. */
            business_hours?: Record<string, never> | null;
            /**
             * Format: date-time
             * @description When it was made.
             */
            created_at: string;
            /** @description The department whose conversations it takes; of one team at most. */
            department?: string | null;
            /** @description What it is for. */
            description?: string | null;
            /**
             * Format: uuid
             * @description Its identity.
             */
            id: string;
            /**
             * Format: int64
             * @description How many members it has.
             */
            member_count: number;
            /** @description Its name. */
            name: string;
            /**
             * Format: date-time
             * @description When it was last changed; its version.
             */
            updated_at: string;
        };
        /**
         * @description What to change of a team. What is absent stays as it is.
         * @example {
         *       "description": "Invoices, refunds and contracts"
         *     }
         */
        TeamChange: {
            /** @description Its own hours, of the form of the workspace's; null for the workspace's. */
            business_hours?: Record<string, never> | null;
            /** @description The department whose conversations it takes; of one team at most. */
            department?: string | null;
            /** @description What it is for. */
            description?: string | null;
            /** @description Its name. */
            name?: string | null;
        };
        /** @description A member of a team. */
        TeamMember: {
            /**
             * Format: date-time
             * @description Since when the person is in the team.
             */
            created_at: string;
            /** @description The name colleagues and customers see. */
            full_name?: string | null;
            /**
             * Format: uuid
             * @description The person.
             */
            user_id: string;
        };
        /** @description A message that a provider approves beforehand. */
        Template: {
            /** @description What the provider charges and allows it as. */
            category: components["schemas"]["TemplateCategory"];
            /** @description The kind of channel it is for. */
            channel_type: components["schemas"]["ChannelKind"];
            /**
             * Format: date-time
             * @description When it was made.
             */
            created_at: string;
            /**
             * Format: uuid
             * @description Who made it.
             */
            created_by?: string | null;
            /** @description The provider's id of it. */
            external_template_id?: string | null;
            /**
             * Format: uuid
             * @description Its identity.
             */
            id: string;
            /** @description Its language, a BCP 47 tag. */
            language: string;
            /** @description Its name at the provider. */
            name: string;
            /** @description The provider's verdict. */
            status: components["schemas"]["TemplateStatus"];
            /** @description Header, body, footer and buttons, as the provider takes them. */
            template_content: Record<string, never>;
            /**
             * Format: date-time
             * @description When it was last changed; its version.
             */
            updated_at: string;
            /**
             * Format: int32
             * @description How often it was sent.
             */
            usage_count: number;
        };
        /**
         * @description What the provider charges and allows a template as.
         * @enum {string}
         */
        TemplateCategory: "utility" | "marketing" | "authentication";
        /**
         * @description What to change of a template. What is absent stays as it is.
         * @example {
         *       "external_template_id": "1234567890",
         *       "status": "approved"
         *     }
         */
        TemplateChange: {
            category?: components["schemas"]["TemplateCategory"] | null;
            /** @description The provider's id of it. */
            external_template_id?: string | null;
            /** @description Its language, a BCP 47 tag. */
            language?: string | null;
            /** @description Its name at the provider. */
            name?: string | null;
            status?: components["schemas"]["TemplateStatus"] | null;
            /** @description Header, body, footer and buttons, as the provider takes them. */
            template_content?: Record<string, never> | null;
        };
        /**
         * @description The provider's verdict.
         * @enum {string}
         */
        TemplateStatus: "pending" | "approved" | "rejected";
        /** @description What was put out. */
        Tested: {
            /**
             * Format: uuid
             * @description The delivery: how it went is in the list of deliveries.
             */
            delivery_id: string;
        };
        /** @description A hand-over from one agent to another. */
        Transfer: {
            /**
             * Format: uuid
             * @description The conversation.
             */
            conversation_id: string;
            /**
             * Format: date-time
             * @description When it was asked.
             */
            created_at: string;
            /**
             * Format: date-time
             * @description Until when it can be answered.
             */
            expires_at?: string | null;
            /**
             * Format: uuid
             * @description Who had it.
             */
            from_agent_id?: string | null;
            /**
             * Format: uuid
             * @description Its identity.
             */
            id: string;
            /** @description manual, automatic or escalation. */
            kind: string;
            /** @description Why. */
            reason?: string | null;
            /** @description pending, accepted, rejected or expired. */
            status: string;
            /**
             * Format: uuid
             * @description Who is asked.
             */
            to_agent_id?: string | null;
            /**
             * Format: uuid
             * @description The team that is asked.
             */
            to_team_id?: string | null;
        };
        /**
         * @description By what a view orders conversations.
         * @enum {string}
         */
        ViewSort: "created_at" | "last_message_at" | "waiting_since" | "priority";
        /** @description A file that was taken. */
        VisitorAttachment: {
            /**
             * Format: int64
             * @description Its size in bytes.
             */
            file_size: number;
            /** @description Its name. */
            filename: string;
            /**
             * Format: uuid
             * @description Its id, for the message.
             */
            id: string;
            /** @description Its media type, as its bytes say. */
            mime_type: string;
        };
        /** @description How far a visitor has read. */
        VisitorMark: {
            /**
             * Format: uuid
             * @description The last message that he has read.
             */
            message_id: string;
        };
        /** @description Something that was said. */
        VisitorMessage: {
            /** @description Files: `id`, `filename`, `mime_type`, `file_size`, `is_image`. */
            attachments: Record<string, never>[];
            /** @description The agent: `name`, `avatar_url`. */
            author?: Record<string, never> | null;
            /** @description The page's own id, of the visitor's messages. */
            client_message_id?: string | null;
            /** @description What. */
            content: string;
            /** @description The same as cleaned HTML, where there is one. */
            content_html?: string | null;
            /**
             * Format: uuid
             * @description The conversation.
             */
            conversation_id: string;
            /**
             * Format: date-time
             * @description When.
             */
            created_at: string;
            /**
             * Format: uuid
             * @description Its id.
             */
            id: string;
            /** @description Answers that are offered: `title`, `value`. */
            quick_replies: Record<string, never>[];
            /** @description Who said it: `user` (the visitor), `agent` or `ai`. */
            sender_type: string;
            /** @description Its place in the talk: texts that are in the order of the messages. */
            seq: string;
            /** @description What an answer of the assistant rests on: `title`, `url`. */
            sources: Record<string, never>[];
            /** @description `sent`, `delivered` or `read`. */
            status: string;
        };
        /** @description Messages, oldest first. */
        VisitorMessages: {
            /** @description The messages. */
            data: components["schemas"]["VisitorMessage"][];
            /** @description For what follows them, where there is more. */
            next_cursor?: string | null;
            /** @description For what stands before them, where there is more. */
            previous_cursor?: string | null;
        };
        /** @description What a visitor thinks of the talk. */
        VisitorRating: {
            /** @description In words. */
            comment?: string | null;
            /**
             * Format: int32
             * @description One to five stars.
             */
            rating: number;
        };
        /** @description Whether a visitor types. */
        VisitorTyping: {
            /** @description Whether. To be said again every five seconds while it is true. */
            typing: boolean;
        };
        /** @description Who is told of which events. Its secret is shown once, when it is made. */
        Webhook: {
            /**
             * Format: date-time
             * @description When it was made.
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When it was switched off for its failures.
             */
            disabled_at?: string | null;
            /** @description Why. */
            disabled_reason?: string | null;
            /** @description Which events: a kind (`message.created`), all of a subject (`message.*`) or all (`*`). */
            event_type: string;
            /**
             * Format: date-time
             * @description Since when nothing has succeeded.
             */
            failing_since?: string | null;
            /**
             * Format: int32
             * @description How many were not.
             */
            failure_count: number;
            /** @description Whether its posts are signed. */
            has_secret: boolean;
            /**
             * Format: uuid
             * @description Its identity.
             */
            id: string;
            /**
             * Format: uuid
             * @description The integration it belongs to.
             */
            integration_id?: string | null;
            /** @description Whether events are put out. */
            is_active: boolean;
            /**
             * Format: date-time
             * @description When something was last posted.
             */
            last_triggered?: string | null;
            /**
             * Format: int32
             * @description How often a failed post is repeated.
             */
            retry_count: number;
            /**
             * Format: int32
             * @description How many posts were taken.
             */
            success_count: number;
            /**
             * Format: int32
             * @description How long an answer is waited for.
             */
            timeout_seconds: number;
            /** @description Where they are posted. */
            webhook_url: string;
        };
        /**
         * @description What to change of a webhook. What is absent stays as it is.
         * @example {
         *       "is_active": true
         *     }
         */
        WebhookChange: {
            /** @description Which events: a kind (`message.created`), all of a subject (`message.*`) or all (`*`). */
            event_type?: string | null;
            /**
             * Format: uuid
             * @description The integration it belongs to.
             */
            integration_id?: string | null;
            /** @description Whether events are put out. */
            is_active?: boolean | null;
            /**
             * Format: int32
             * @description How often a failed post is repeated.
             */
            retry_count?: number | null;
            /**
             * Format: int32
             * @description How long an answer is waited for.
             */
            timeout_seconds?: number | null;
            /** @description Where they are posted. */
            webhook_url?: string | null;
        };
        /** @description An event on its way to a subscriber. */
        WebhookDelivery: {
            /**
             * Format: int32
             * @description Attempts since it was made or replayed.
             */
            attempt_count: number;
            /** @description All attempts: when, with which answer, how long it took, why it failed. */
            attempts: Record<string, never>[];
            /**
             * Format: date-time
             * @description When it was over.
             */
            completed_at?: string | null;
            /**
             * Format: date-time
             * @description When it was made.
             */
            created_at: string;
            /** @description Why the last attempt failed. */
            error_message?: string | null;
            /**
             * Format: int64
             * @description The event's place in the ledger; none of a test.
             */
            event_id?: number | null;
            /** @description The event. */
            event_type: string;
            /**
             * Format: uuid
             * @description Its identity. Without its dashes and with `msg_` before it, the header `webhook-id`.
             */
            id: string;
            /**
             * Format: date-time
             * @description When the next attempt is made; null when there is none.
             */
            next_attempt_at?: string | null;
            /**
             * Format: int32
             * @description How long the last attempt took, milliseconds.
             */
            processing_time_ms?: number | null;
            /** @description The beginning of the last answer. */
            response_body?: string | null;
            /**
             * Format: int32
             * @description The last answer's status.
             */
            response_status?: number | null;
            /** @description pending, sending, succeeded, failed (no further attempt helps) or dead (the attempts are used up). */
            status: string;
        };
        /** @description A widget as visitors see it. */
        Widget: {
            /** @description `open` (business hours), `agents_online`, `opens_at`, `reply_hint_seconds` (the median of the last answers). */
            availability: Record<string, never>;
            /** @description Colours, texts, position. */
            configuration: Record<string, never>;
            /** @description Styles of the owner's own. */
            custom_css?: string | null;
            /** @description Most files of a message. */
            files_per_message: number;
            /** @description What is asked before a chat. */
            form: Record<string, never>[];
            /** @description Whether only visitors may write whom the site has proven. */
            identity_required: boolean;
            /** @description The workspace's language. */
            language?: string | null;
            /**
             * Format: int64
             * @description Largest file in bytes.
             */
            max_file_bytes: number;
            /** @description What it is called. */
            name: string;
            /** @description Whether files are taken. */
            uploads: boolean;
            /**
             * Format: uuid
             * @description Its id.
             */
            widget_id: string;
        };
        /**
         * @description What to change of a widget. What is absent stays as it is.
         * @example {
         *       "is_active": false
         *     }
         */
        WidgetChange: {
            /** @description Hosts it may be on. */
            allowed_domains?: string[] | null;
            /** @description Colours, texts, form before the chat: all of it. */
            configuration?: Record<string, never> | null;
            /** @description Styles of the owner's own; an empty text takes them away. */
            custom_css?: string | null;
            /** @description Whether its token finds it. */
            is_active?: boolean | null;
            /** @description What it is called. */
            name?: string | null;
            /** @description Whether only proven visitors may write. */
            requires_identity?: boolean | null;
        };
        /** @description A secret of a widget, without what it is. */
        WidgetSecret: {
            /**
             * Format: date-time
             * @description When it was made.
             */
            created_at: string;
            /**
             * Format: uuid
             * @description Who made it.
             */
            created_by?: string | null;
            /**
             * Format: uuid
             * @description Its id.
             */
            id: string;
        };
        /** @description The secrets of a widget. */
        WidgetSecrets: {
            /** @description Newest first. */
            data: components["schemas"]["WidgetSecret"][];
        };
        /** @description An automation. */
        Workflow: {
            /** @description Which node leads to which. */
            connections: unknown[];
            /**
             * Format: date-time
             * @description When it was made.
             */
            created_at: string;
            /** @description What it is for. */
            description?: string | null;
            /**
             * Format: int32
             * @description How many runs were started.
             */
            execution_count: number;
            /**
             * Format: int32
             * @description How many failed.
             */
            failure_count: number;
            /**
             * Format: uuid
             * @description Its identity.
             */
            id: string;
            /** @description Whether it is started. */
            is_active: boolean;
            /** @description What members call it. */
            name: string;
            /** @description The steps as the editor draws them. */
            nodes: unknown[];
            /** @description The steps in order. */
            steps: unknown[];
            /**
             * Format: int32
             * @description How many were completed.
             */
            success_count: number;
            /** @description Which intent, keyword, time or event. */
            trigger_conditions: Record<string, never>;
            /** @description What starts it. */
            trigger_type: components["schemas"]["WorkflowTrigger"];
            /**
             * Format: date-time
             * @description When it was last changed; its version.
             */
            updated_at: string;
            /**
             * Format: uuid
             * @description Who made it.
             */
            user_id?: string | null;
        };
        /**
         * @description What to change of a workflow. What is absent stays as it is.
         * @example {
         *       "is_active": true
         *     }
         */
        WorkflowChange: {
            /** @description Which node leads to which. */
            connections?: unknown[] | null;
            /** @description What it is for. */
            description?: string | null;
            /** @description Whether it is started. */
            is_active?: boolean | null;
            /** @description What members call it. */
            name?: string | null;
            /** @description The steps as the editor draws them. */
            nodes?: unknown[] | null;
            /** @description The steps in order. */
            steps?: unknown[] | null;
            /** @description Which intent, keyword, time or event. */
            trigger_conditions?: Record<string, never> | null;
            trigger_type?: components["schemas"]["WorkflowTrigger"] | null;
        };
        /**
         * @description What starts a workflow.
         * @enum {string}
         */
        WorkflowTrigger: "manual" | "intent" | "keyword" | "schedule" | "event";
        /** @description A workspace. */
        Workspace: {
            /** @description Opening hours: for each weekday an object with start and end. */
            business_hours: Record<string, never>;
            /**
             * Format: date-time
             * @description When it was made.
             */
            created_at: string;
            /** @description The language where nothing else is known. */
            default_language: string;
            /**
             * Format: uuid
             * @description Its identity.
             */
            id: string;
            /** @description Its name. */
            name: string;
            /** @description What the person is in it. */
            role: string;
            /** @description Further settings. */
            settings: Record<string, never>;
            /** @description Its short name in addresses. */
            slug: string;
            /** @description active or suspended. */
            status: string;
            /** @description The time zone in which its days begin. */
            time_zone: string;
            /**
             * Format: date-time
             * @description When it was last changed; its version.
             */
            updated_at: string;
        };
        /** @description What to change of a workspace. What is absent stays as it is. */
        WorkspaceChange: {
            /** @description Opening hours, all of them. */
            business_hours?: Record<string, never> | null;
            /** @description The language where nothing else is known. */
            default_language?: string | null;
            /** @description Its name. */
            name?: string | null;
            /** @description Further settings, all of them. */
            settings?: Record<string, never> | null;
            /** @description The time zone in which its days begin. */
            time_zone?: string | null;
        };
        /** @description The workspace to work in. */
        WorkspaceChoice: {
            /**
             * Format: uuid
             * @description The workspace.
             */
            workspace_id: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    list_api_keys: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before. */
                cursor?: string;
                /** @description Rows of a page. */
                limit?: number;
            };
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_ApiKey"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_api_key: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request repeatable for 24 hours: the same request under the same key gets the same answer. */
                "Idempotency-Key"?: string;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewApiKey"];
            };
        };
        responses: {
            /** @description The key, shown this once. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MadeApiKey"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_api_key: {
        parameters: {
            query?: never;
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The key. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The key. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApiKey"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    revoke_api_key: {
        parameters: {
            query?: never;
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The key. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is revoked. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_attachments: {
        parameters: {
            query?: {
                /** @description The conversation they are in. */
                conversation_id?: string;
                /** @description `next_cursor` of the page before. */
                cursor?: string;
                /** @description Rows of a page. */
                limit?: number;
                /** @description The message they came with. */
                message_id?: string;
            };
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Attachment"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    upload_attachment: {
        parameters: {
            query: {
                /** @description The conversation it is for. */
                conversation_id?: string;
                /**
                 * @description Its name, whose extension must agree with its bytes.
                 * @example invoice.pdf
                 */
                filename: string;
                /** @description The message it is for. */
                message_id?: string;
            };
            header?: {
                /** @description Makes the request repeatable for 24 hours: the same request under the same key gets the same answer. */
                "Idempotency-Key"?: string;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path?: never;
            cookie?: never;
        };
        /** @description The bytes. */
        requestBody: {
            content: {
                "application/octet-stream": string;
            };
        };
        responses: {
            /** @description It is kept. */
            201: {
                headers: {
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Attachment"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Files of this kind are not taken. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_attachment: {
        parameters: {
            query?: never;
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The file. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description About the file. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Attachment"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_attachment: {
        parameters: {
            query?: never;
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The file. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    download_attachment: {
        parameters: {
            query?: never;
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The file. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The bytes. */
            200: {
                headers: {
                    "Content-Disposition"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": string;
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The bytes are kept elsewhere. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_audit: {
        parameters: {
            query?: {
                /**
                 * @description What was done.
                 * @example UPDATE
                 */
                action?: string;
                /** @description The key it was done with. */
                api_key_id?: string;
                /** @description `next_cursor` of the page before. */
                cursor?: string;
                /** @description The row. */
                entity_id?: string;
                /**
                 * @description The table.
                 * @example communication_channels
                 */
                entity_type?: string;
                /** @description Rows of a page. */
                limit?: number;
                /** @description From when on. */
                since?: string;
                /** @description Before when. */
                until?: string;
                /** @description The person who did it. */
                user_id?: string;
            };
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_AuditEntry"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    verify_audit: {
        parameters: {
            query?: {
                /** @description Its hash, 64 hexadecimal digits. */
                known_hash?: string;
                /** @description Its place. */
                known_position?: number;
            };
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The verdict. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditVerdict"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    confirm_identity: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request repeatable for 24 hours: the same request under the same key gets the same answer. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Confirmation"];
            };
        };
        responses: {
            /** @description It is confirmed. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_invitation: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["InvitationToken"];
            };
        };
        responses: {
            /** @description What it invites to. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenInvitation"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It is not valid (any more). */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many attempts. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sign_up: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignUp"];
            };
        };
        responses: {
            /** @description The account is made, and signed in. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Joined"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request comes from another site. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The invitation is not valid (any more). */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is an account: sign in and accept. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many attempts. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sign_in: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Login"];
            };
        };
        responses: {
            /** @description The password is right. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LoginResult"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Address or password is wrong. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request comes from another site. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many attempts. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    pass_second_factor: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SecondStep"];
            };
        };
        responses: {
            /** @description The person is signed in. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LoginResult"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token is over, or the code is wrong. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request comes from another site. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many attempts. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sign_out: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request repeatable for 24 hours: the same request under the same key gets the same answer. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The session is over. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    request_password_reset: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ResetRequest"];
            };
        };
        responses: {
            /** @description If there is such an account, a mail is on its way. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request comes from another site. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many attempts. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    reset_password: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordReset"];
            };
        };
        responses: {
            /** @description It is set. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token is over, or was used. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request comes from another site. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many attempts. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_availability: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before. */
                cursor?: string;
                /** @description Whether they are at work. */
                is_online?: boolean;
                /** @description Rows of a page. */
                limit?: number;
                /**
                 * @description What they say, with commas between.
                 * @example available,busy
                 */
                status?: string;
            };
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Availability"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_availability: {
        parameters: {
            query?: never;
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /**
                 * @description The agent's id, or `me`.
                 * @example me
                 */
                user_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The availability. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Availability"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_availability: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is meant for. */
                "If-Match"?: string | null;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /**
                 * @description The agent's id, or `me`.
                 * @example me
                 */
                user_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AvailabilityChange"];
            };
        };
        responses: {
            /** @description It was changed. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Availability"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It was changed meanwhile. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_canned_responses: {
        parameters: {
            query?: {
                /** @description Its category. */
                category?: string;
                /** @description `next_cursor` of the page before. */
                cursor?: string;
                /** @description Whether it is offered. */
                is_active?: boolean;
                /** @description Its language. */
                language?: string;
                /** @description Rows of a page. */
                limit?: number;
                /** @description What its title, shortcut or text holds. */
                search?: string;
                /** @description How its shortcut begins. */
                shortcut?: string;
                /** @description The order. */
                sort?: "title" | "usage_count" | "created_at";
            };
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_CannedResponse"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_canned_response: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request repeatable for 24 hours: the same request under the same key gets the same answer. */
                "Idempotency-Key"?: string;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewCannedResponse"];
            };
        };
        responses: {
            /** @description It was made. */
            201: {
                headers: {
                    ETag?: string;
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CannedResponse"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_canned_response: {
        parameters: {
            query?: never;
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The canned response. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The canned response. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CannedResponse"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_canned_response: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is meant for. */
                "If-Match"?: string | null;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The canned response. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something else refers to it. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It was changed meanwhile. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_canned_response: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is meant for. */
                "If-Match"?: string | null;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The canned response. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CannedResponseChange"];
            };
        };
        responses: {
            /** @description It was changed. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CannedResponse"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It was changed meanwhile. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    render_canned_response: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request repeatable for 24 hours: the same request under the same key gets the same answer. */
                "Idempotency-Key"?: string;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The canned response. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Rendering"];
            };
        };
        responses: {
            /** @description The text. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rendered"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_channels: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before. */
                cursor?: string;
                /** @description Kinds, with commas between them. */
                kind?: string;
                /** @description Rows of a page. */
                limit?: number;
                /** @description The order. */
                sort?: "name" | "created_at";
                /** @description How they stand, with commas between them. */
                status?: string;
            };
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Channel"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_channel: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request repeatable for 24 hours: the same request under the same key gets the same answer. */
                "Idempotency-Key"?: string;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewChannel"];
            };
        };
        responses: {
            /** @description It was made. */
            201: {
                headers: {
                    ETag?: string;
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Channel"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_channel: {
        parameters: {
            query?: never;
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The channel. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The channel. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Channel"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_channel: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is meant for. */
                "If-Match"?: string | null;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The channel. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something else refers to it. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It was changed meanwhile. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_channel: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is meant for. */
                "If-Match"?: string | null;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The channel. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChannelChange"];
            };
        };
        responses: {
            /** @description It was changed. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Channel"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It was changed meanwhile. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_conversations: {
        parameters: {
            query?: {
                /** @description The agent who has them. */
                assigned_agent_id?: string;
                /**
                 * @description Kinds of channel, with commas between them.
                 * @example email,website
                 */
                channel_type?: string;
                /** @description `next_cursor` of the page before. */
                cursor?: string;
                /** @description The customer. */
                customer_id?: string;
                /** @description Whether they are put aside: true only those, false only the others. */
                is_snoozed?: boolean;
                /** @description Only those in the queue, that no agent has. */
                is_unassigned?: boolean;
                /** @description Rows of a page. */
                limit?: number;
                /**
                 * @description Priorities, with commas between them.
                 * @example high,urgent
                 */
                priority?: string;
                /** @description The order. */
                sort?: "created_at" | "last_message_at" | "waiting_since";
                /**
                 * @description Statuses, with commas between them.
                 * @example active,escalated
                 */
                status?: string;
                /** @description A tag they have. */
                tag?: string;
                /** @description The team. */
                team_id?: string;
            };
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Conversation"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_conversation: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request repeatable for 24 hours: the same request under the same key gets the same answer. */
                "Idempotency-Key"?: string;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewConversation"];
            };
        };
        responses: {
            /** @description It was begun. */
            201: {
                headers: {
                    ETag?: string;
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Conversation"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_conversation: {
        parameters: {
            query?: never;
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The conversation. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The conversation. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Conversation"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_conversation: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is meant for. */
                "If-Match"?: string | null;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The conversation. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ConversationChange"];
            };
        };
        responses: {
            /** @description It was changed. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Conversation"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It was changed meanwhile. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    assign_conversation: {
        parameters: {
            query?: never;
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The conversation. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Assignment"];
            };
        };
        responses: {
            /** @description Where it is now. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Conversation"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    unassign_conversation: {
        parameters: {
            query?: never;
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The conversation. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is in the queue. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Conversation"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    merge_conversation: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request repeatable for 24 hours: the same request under the same key gets the same answer. */
                "Idempotency-Key"?: string;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The conversation that goes. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ConversationMerge"];
            };
        };
        responses: {
            /** @description The conversation that stays. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Conversation"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description One of the two was merged before. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_messages: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before. */
                cursor?: string;
                /** @description Rows of a page. */
                limit?: number;
                /** @description The order. */
                sort?: "newest_first" | "oldest_first";
            };
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The conversation. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Message"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    send_message: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request repeatable for 24 hours: the same request under the same key gets the same answer. */
                "Idempotency-Key"?: string;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The conversation. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewMessage"];
            };
        };
        responses: {
            /** @description It is on its way. */
            201: {
                headers: {
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Message"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The conversation was merged into another. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_notes: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before. */
                cursor?: string;
                /** @description Rows of a page. */
                limit?: number;
            };
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The conversation. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Note"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_note: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request repeatable for 24 hours: the same request under the same key gets the same answer. */
                "Idempotency-Key"?: string;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The conversation. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewNote"];
            };
        };
        responses: {
            /** @description It is written. */
            201: {
                headers: {
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Note"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_participants: {
        parameters: {
            query?: never;
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The conversation. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The participants. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Participants"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    add_participant: {
        parameters: {
            query?: never;
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The conversation. */
                id: string;
                /** @description The member who follows it. */
                person_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The member follows it. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The person is no member. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    remove_participant: {
        parameters: {
            query?: never;
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The conversation. */
                id: string;
                /** @description The member who followed it. */
                person_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The member follows it no more. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_conversation_presence: {
        parameters: {
            query?: never;
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The conversation. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The people. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Onlookers"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rate_conversation: {
        parameters: {
            query?: never;
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The conversation. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Rating"];
            };
        };
        responses: {
            /** @description It is rated. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Conversation"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    mark_read: {
        parameters: {
            query?: never;
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The conversation. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReadMark"];
            };
        };
        responses: {
            /** @description It is read. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    reopen_conversation: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request repeatable for 24 hours: the same request under the same key gets the same answer. */
                "Idempotency-Key"?: string;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The conversation. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is open. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Conversation"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    resolve_conversation: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request repeatable for 24 hours: the same request under the same key gets the same answer. */
                "Idempotency-Key"?: string;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The conversation. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Resolve"];
            };
        };
        responses: {
            /** @description It is resolved. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Conversation"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_scheduled_messages: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before. */
                cursor?: string;
                /** @description Rows of a page. */
                limit?: number;
            };
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The conversation. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_ScheduledMessage"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    schedule_message: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request repeatable for 24 hours: the same request under the same key gets the same answer. */
                "Idempotency-Key"?: string;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The conversation. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewScheduledMessage"];
            };
        };
        responses: {
            /** @description It waits for its time. */
            201: {
                headers: {
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ScheduledMessage"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    snooze_conversation: {
        parameters: {
            query?: never;
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The conversation. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Snooze"];
            };
        };
        responses: {
            /** @description It is put aside. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Conversation"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It is not open. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    wake_conversation: {
        parameters: {
            query?: never;
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The conversation. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is back. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Conversation"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It is not open. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_tags: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request repeatable for 24 hours: the same request under the same key gets the same answer. */
                "Idempotency-Key"?: string;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The conversation. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TagChange"];
            };
        };
        responses: {
            /** @description The conversation with its tags. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Conversation"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    transfer_conversation: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request repeatable for 24 hours: the same request under the same key gets the same answer. */
                "Idempotency-Key"?: string;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The conversation. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewTransfer"];
            };
        };
        responses: {
            /** @description The other is asked. */
            201: {
                headers: {
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Transfer"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It is closed, or with this agent already. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    unmerge_conversation: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request repeatable for 24 hours: the same request under the same key gets the same answer. */
                "Idempotency-Key"?: string;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The conversation that was merged. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It stands alone. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Conversation"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It is not merged. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_conversations: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request repeatable for 24 hours: the same request under the same key gets the same answer. */
                "Idempotency-Key"?: string;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BulkChange"];
            };
        };
        responses: {
            /** @description How it went for each. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BulkResults"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cancel_scheduled_message: {
        parameters: {
            query?: never;
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The scheduled message. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It will not be sent. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It was sent already. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    accept_transfer: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request repeatable for 24 hours: the same request under the same key gets the same answer. */
                "Idempotency-Key"?: string;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The transfer. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The conversation is with the agent. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Transfer"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It cannot be accepted any more. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    reject_transfer: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request repeatable for 24 hours: the same request under the same key gets the same answer. */
                "Idempotency-Key"?: string;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The transfer. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Rejection"];
            };
        };
        responses: {
            /** @description It is rejected. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Transfer"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It cannot be rejected any more. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_custom_attributes: {
        parameters: {
            query?: {
                /** @description What has them. */
                applies_to?: components["schemas"]["AttributeOwner"];
                /** @description `next_cursor` of the page before. */
                cursor?: string;
                /** @description Rows of a page. */
                limit?: number;
                /** @description The order. */
                sort?: "attribute_key" | "created_at";
            };
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_CustomAttribute"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_custom_attribute: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request repeatable for 24 hours: the same request under the same key gets the same answer. */
                "Idempotency-Key"?: string;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewCustomAttribute"];
            };
        };
        responses: {
            /** @description It was made. */
            201: {
                headers: {
                    ETag?: string;
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CustomAttribute"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_custom_attribute: {
        parameters: {
            query?: never;
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The custom attribute. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The custom attribute. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CustomAttribute"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_custom_attribute: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is meant for. */
                "If-Match"?: string | null;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The custom attribute. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something else refers to it. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It was changed meanwhile. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_custom_attribute: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is meant for. */
                "If-Match"?: string | null;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The custom attribute. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CustomAttributeChange"];
            };
        };
        responses: {
            /** @description It was changed. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CustomAttribute"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It was changed meanwhile. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_customers: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before. */
                cursor?: string;
                /** @description Exactly this address. */
                email?: string;
                /** @description Rows of a page. */
                limit?: number;
                /** @description Exactly this number. */
                phone?: string;
                /** @description A part of the name, address, number or company, three characters or more. */
                search?: string;
                /**
                 * @description Statuses, with commas between them.
                 * @example vip
                 */
                status?: string;
                /** @description A tag they have. */
                tag?: string;
            };
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Customer"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_customer: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request repeatable for 24 hours: the same request under the same key gets the same answer. */
                "Idempotency-Key"?: string;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewCustomer"];
            };
        };
        responses: {
            /** @description It was made. */
            201: {
                headers: {
                    ETag?: string;
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Customer"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is a customer with this address. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_customer: {
        parameters: {
            query?: never;
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The customer. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The customer. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Customer"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_customer: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is meant for. */
                "If-Match"?: string | null;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The customer. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CustomerChange"];
            };
        };
        responses: {
            /** @description It was changed. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Customer"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is another customer with this address. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It was changed meanwhile. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    merge_customers: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request repeatable for 24 hours: the same request under the same key gets the same answer. */
                "Idempotency-Key"?: string;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The customer who goes. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CustomerMerge"];
            };
        };
        responses: {
            /** @description The customer who stays. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Customer"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_customer_timeline: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before. */
                cursor?: string;
                /** @description Rows of a page. */
                limit?: number;
            };
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The customer. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Event"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    export_customer: {
        parameters: {
            query?: never;
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The customer. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The document. */
            200: {
                headers: {
                    "Content-Disposition"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_intent_patterns: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before. */
                cursor?: string;
                /** @description Whether they are looked for. */
                is_active?: boolean;
                /** @description Their language. */
                language?: string;
                /** @description Rows of a page. */
                limit?: number;
                /** @description The order. */
                sort?: "intent_name" | "created_at";
            };
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_IntentPattern"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_intent_pattern: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request repeatable for 24 hours: the same request under the same key gets the same answer. */
                "Idempotency-Key"?: string;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewIntentPattern"];
            };
        };
        responses: {
            /** @description It was made. */
            201: {
                headers: {
                    ETag?: string;
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IntentPattern"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_intent_pattern: {
        parameters: {
            query?: never;
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The intent pattern. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The intent pattern. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IntentPattern"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_intent_pattern: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is meant for. */
                "If-Match"?: string | null;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The intent pattern. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something else refers to it. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It was changed meanwhile. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_intent_pattern: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is meant for. */
                "If-Match"?: string | null;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The intent pattern. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["IntentPatternChange"];
            };
        };
        responses: {
            /** @description It was changed. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IntentPattern"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It was changed meanwhile. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_invitations: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before. */
                cursor?: string;
                /** @description Only those that can still be accepted. */
                is_open?: boolean;
                /** @description Rows of a page. */
                limit?: number;
            };
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Invitation"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_invitation: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request repeatable for 24 hours: the same request under the same key gets the same answer. */
                "Idempotency-Key"?: string;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewInvitation"];
            };
        };
        responses: {
            /** @description The invitation is on its way. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MadeInvitation"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    revoke_invitation: {
        parameters: {
            query?: never;
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The invitation. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It cannot be accepted any more. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_knowledge_categories: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before. */
                cursor?: string;
                /** @description Whether they are shown. */
                is_active?: boolean;
                /** @description Rows of a page. */
                limit?: number;
                /** @description The category above. */
                parent_id?: string;
                /** @description The order. */
                sort?: "order_index" | "name";
            };
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_KnowledgeCategory"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_knowledge_category: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request repeatable for 24 hours: the same request under the same key gets the same answer. */
                "Idempotency-Key"?: string;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewKnowledgeCategory"];
            };
        };
        responses: {
            /** @description It was made. */
            201: {
                headers: {
                    ETag?: string;
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KnowledgeCategory"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_knowledge_category: {
        parameters: {
            query?: never;
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The category. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The category. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KnowledgeCategory"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_knowledge_category: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is meant for. */
                "If-Match"?: string | null;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The category. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something else refers to it. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It was changed meanwhile. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_knowledge_category: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is meant for. */
                "If-Match"?: string | null;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The category. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["KnowledgeCategoryChange"];
            };
        };
        responses: {
            /** @description It was changed. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KnowledgeCategory"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It was changed meanwhile. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_knowledge_items: {
        parameters: {
            query?: {
                /** @description For whom, with commas between them. */
                audience?: string;
                /** @description Where they are filed. */
                category_id?: string;
                /** @description `next_cursor` of the page before. */
                cursor?: string;
                /** @description Their language. */
                language?: string;
                /** @description Rows of a page. */
                limit?: number;
                /** @description The order. */
                sort?: "created_at" | "updated_at" | "title";
                /** @description How they stand, with commas between them. */
                status?: string;
                /** @description A word they are filed by. */
                tag?: string;
            };
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_KnowledgeItem"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_knowledge_item: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request repeatable for 24 hours: the same request under the same key gets the same answer. */
                "Idempotency-Key"?: string;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewKnowledgeItem"];
            };
        };
        responses: {
            /** @description It was made. */
            201: {
                headers: {
                    ETag?: string;
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KnowledgeItem"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_knowledge_item: {
        parameters: {
            query?: never;
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The article. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The article. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KnowledgeItem"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_knowledge_item: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is meant for. */
                "If-Match"?: string | null;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The article. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something else refers to it. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It was changed meanwhile. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_knowledge_item: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is meant for. */
                "If-Match"?: string | null;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The article. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["KnowledgeItemChange"];
            };
        };
        responses: {
            /** @description It was changed. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KnowledgeItem"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It was changed meanwhile. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    archive_knowledge_item: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request repeatable for 24 hours: the same request under the same key gets the same answer. */
                "Idempotency-Key"?: string;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The article. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is archived. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KnowledgeItem"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    publish_knowledge_item: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request repeatable for 24 hours: the same request under the same key gets the same answer. */
                "Idempotency-Key"?: string;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The article. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is published. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KnowledgeItem"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_knowledge_versions: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before. */
                cursor?: string;
                /** @description Rows of a page. */
                limit?: number;
            };
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The article. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_KnowledgeVersion"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    restore_knowledge_version: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request repeatable for 24 hours: the same request under the same key gets the same answer. */
                "Idempotency-Key"?: string;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The article. */
                id: string;
                /** @description The version's number. */
                version: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The article with the old text. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KnowledgeItem"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    search_knowledge: {
        parameters: {
            query: {
                /** @description For whom the answer is; all for members. */
                audience?: components["schemas"]["KnowledgeAudience"];
                /** @description Only articles of this category. */
                category_id?: string;
                /** @description The language of the words; the workspace's when nothing is said. */
                language?: string;
                /** @description Most articles. */
                limit?: number;
                /**
                 * @description Words, as a search engine reads them: `"a phrase"`, `or`, `-without`.
                 * @example return parcel
                 */
                query: string;
            };
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was found. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FoundArticles"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    open_live: {
        parameters: {
            query?: {
                /** @description The workspace, where the header cannot be sent. */
                workspace_id?: string;
            };
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The connection is a WebSocket from here on. */
            101: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request is no WebSocket handshake. */
            426: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_me: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The profile. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Profile"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_me: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is meant for. */
                "If-Match"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ProfileChange"];
            };
        };
        responses: {
            /** @description It was changed. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Profile"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It was changed meanwhile. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    accept_invitation: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request repeatable for 24 hours: the same request under the same key gets the same answer. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["InvitationToken"];
            };
        };
        responses: {
            /** @description The workspace is joined. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Joined"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_password: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordChange"];
            };
        };
        responses: {
            /** @description It was changed. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    renew_recovery_codes: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request repeatable for 24 hours: the same request under the same key gets the same answer. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The new codes. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RecoveryCodes"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no second factor. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    offer_second_factor: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request repeatable for 24 hours: the same request under the same key gets the same answer. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The secret. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SecondFactorOffer"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is a second factor already. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    remove_second_factor: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description There is none any more. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    confirm_second_factor: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request repeatable for 24 hours: the same request under the same key gets the same answer. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AppCode"];
            };
        };
        responses: {
            /** @description It is in force. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RecoveryCodes"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing to confirm. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_sessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The sessions. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Sessions"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    end_other_sessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The person is signed in here alone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    end_session: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The session. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is over. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    choose_workspace: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WorkspaceChoice"];
            };
        };
        responses: {
            /** @description It is chosen. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The person came with a token, not with a session. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_members: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before. */
                cursor?: string;
                /** @description Rows of a page. */
                limit?: number;
                /**
                 * @description Roles, with commas between them.
                 * @example agent,admin
                 */
                role?: string;
                /** @description Whether removed members are wanted too. */
                with_removed?: boolean;
            };
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Member"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_member: {
        parameters: {
            query?: never;
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The membership. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The member. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Member"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    remove_member: {
        parameters: {
            query?: never;
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The membership. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The person is no member any more. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A workspace keeps at least one owner. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_member: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is meant for. */
                "If-Match"?: string | null;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The membership. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MemberChange"];
            };
        };
        responses: {
            /** @description It was changed. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Member"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It was changed meanwhile. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_daily_report: {
        parameters: {
            query: {
                /** @description By what the figures are cut; by nothing when nothing is said. */
                cut?: "total" | "channel" | "department" | "agent";
                /**
                 * @description The first day.
                 * @example 2026-05-01
                 */
                from: string;
                /**
                 * @description The last day, at most 366 days from the first.
                 * @example 2026-05-31
                 */
                to: string;
            };
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The figures. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Days"];
                    "text/csv": string;
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_live_figures: {
        parameters: {
            query?: never;
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The figures. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LiveFigures"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_percentiles: {
        parameters: {
            query: {
                /** @description The agent. */
                agent_id?: string;
                /** @description The kind of channel. */
                channel_type?: components["schemas"]["ChannelKind"];
                /** @description The department. */
                department?: string;
                /**
                 * @description The first day on which they began, in the workspace's time zone.
                 * @example 2026-05-01
                 */
                from: string;
                /** @description A tag they have. */
                tag?: string;
                /** @description The team. */
                team_id?: string;
                /**
                 * @description The last day, at most 366 days from the first.
                 * @example 2026-05-31
                 */
                to: string;
            };
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The percentiles. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Percentiles"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_routing_rules: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before. */
                cursor?: string;
                /** @description Whether it is obeyed. */
                is_active?: boolean;
                /** @description Rows of a page. */
                limit?: number;
                /** @description The order. */
                sort?: "priority" | "created_at";
            };
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_RoutingRule"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_routing_rule: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request repeatable for 24 hours: the same request under the same key gets the same answer. */
                "Idempotency-Key"?: string;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewRoutingRule"];
            };
        };
        responses: {
            /** @description It was made. */
            201: {
                headers: {
                    ETag?: string;
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RoutingRule"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_routing_rule: {
        parameters: {
            query?: never;
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The routing rule. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The routing rule. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RoutingRule"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_routing_rule: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is meant for. */
                "If-Match"?: string | null;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The routing rule. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something else refers to it. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It was changed meanwhile. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_routing_rule: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is meant for. */
                "If-Match"?: string | null;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The routing rule. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RoutingRuleChange"];
            };
        };
        responses: {
            /** @description It was changed. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RoutingRule"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It was changed meanwhile. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_saved_views: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before. */
                cursor?: string;
                /** @description Whether the whole workspace sees it. */
                is_shared?: boolean;
                /** @description Rows of a page. */
                limit?: number;
                /** @description The order. */
                sort?: "name" | "created_at";
            };
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_SavedView"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_saved_view: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request repeatable for 24 hours: the same request under the same key gets the same answer. */
                "Idempotency-Key"?: string;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewSavedView"];
            };
        };
        responses: {
            /** @description It was made. */
            201: {
                headers: {
                    ETag?: string;
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SavedView"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_saved_view: {
        parameters: {
            query?: never;
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The saved view. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The saved view. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SavedView"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_saved_view: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is meant for. */
                "If-Match"?: string | null;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The saved view. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something else refers to it. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It was changed meanwhile. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_saved_view: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is meant for. */
                "If-Match"?: string | null;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The saved view. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SavedViewChange"];
            };
        };
        responses: {
            /** @description It was changed. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SavedView"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It was changed meanwhile. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    search_messages: {
        parameters: {
            query: {
                /** @description `next_cursor` of the page before. */
                cursor?: string;
                /** @description The language of the words; the workspace's when nothing is said. */
                language?: string;
                /** @description Rows of a page. */
                limit?: number;
                /** @description How the query is read; as words when nothing is said. */
                mode?: "words" | "fragment";
                /**
                 * @description Words as a search engine reads them (`"a phrase"`, `or`, `-without`), or a fragment of three characters and more.
                 * @example invoice -reminder
                 */
                query: string;
            };
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_FoundMessage"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_settings: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before. */
                cursor?: string;
                /** @description Whether this version obeys them. */
                is_effective?: boolean;
                /** @description Rows of a page. */
                limit?: number;
            };
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Setting"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_setting: {
        parameters: {
            query?: never;
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /**
                 * @description The key.
                 * @example conversation_auto_close_time
                 */
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The setting. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Setting"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_setting: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is meant for. */
                "If-Match"?: string | null;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /**
                 * @description The key.
                 * @example conversation_auto_close_time
                 */
                key: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SettingChange"];
            };
        };
        responses: {
            /** @description It was changed. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Setting"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It was changed meanwhile. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_setting: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is meant for. */
                "If-Match"?: string | null;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The key. */
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It was changed meanwhile. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    set_up: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Setup"];
            };
        };
        responses: {
            /** @description The owner is made, and signed in. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SignedIn"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token is not valid (any more), or the request comes from another site. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The installation is set up already. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many attempts. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_sla_policies: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before. */
                cursor?: string;
                /** @description Whether new conversations get it. */
                is_active?: boolean;
                /** @description Rows of a page. */
                limit?: number;
                /** @description The order. */
                sort?: "position" | "name";
            };
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_SlaPolicy"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_sla_policy: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request repeatable for 24 hours: the same request under the same key gets the same answer. */
                "Idempotency-Key"?: string;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewSlaPolicy"];
            };
        };
        responses: {
            /** @description It was made. */
            201: {
                headers: {
                    ETag?: string;
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SlaPolicy"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_sla_policy: {
        parameters: {
            query?: never;
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The policy. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The policy. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SlaPolicy"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_sla_policy: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is meant for. */
                "If-Match"?: string | null;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The policy. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something else refers to it. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It was changed meanwhile. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_sla_policy: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is meant for. */
                "If-Match"?: string | null;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The policy. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SlaPolicyChange"];
            };
        };
        responses: {
            /** @description It was changed. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SlaPolicy"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It was changed meanwhile. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    stream_events: {
        parameters: {
            query?: {
                /** @description Only what belongs to this conversation. */
                conversation_id?: string;
                /** @description Only these kinds, with commas: `message.created`, or `message` for every kind about messages. */
                kinds?: string;
                /** @description The place to go on from, where the header `Last-Event-ID` cannot be sent. */
                last_event_id?: string;
                /** @description The workspace, where the header cannot be sent. */
                workspace_id?: string;
            };
            header?: {
                /** @description The id of the last event that was seen. */
                "Last-Event-ID"?: string | null;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The stream. The data of an event is an object of the schema Event. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": components["schemas"]["Event"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_tags: {
        parameters: {
            query?: {
                /** @description Of what; of conversations when nothing is said. */
                applies_to?: "conversation" | "customer" | "article";
                /** @description Most tags. */
                limit?: number;
                /** @description How they begin. */
                search?: string;
            };
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The tags. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tags"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_teams: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before. */
                cursor?: string;
                /** @description The department. */
                department?: string;
                /** @description Rows of a page. */
                limit?: number;
                /** @description What its name holds. */
                search?: string;
                /** @description The order. */
                sort?: "name" | "created_at";
            };
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Team"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_team: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request repeatable for 24 hours: the same request under the same key gets the same answer. */
                "Idempotency-Key"?: string;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewTeam"];
            };
        };
        responses: {
            /** @description It was made. */
            201: {
                headers: {
                    ETag?: string;
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Team"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_team: {
        parameters: {
            query?: never;
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The team. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The team. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Team"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_team: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is meant for. */
                "If-Match"?: string | null;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The team. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something else refers to it. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It was changed meanwhile. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_team: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is meant for. */
                "If-Match"?: string | null;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The team. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TeamChange"];
            };
        };
        responses: {
            /** @description It was changed. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Team"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It was changed meanwhile. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_team_members: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before. */
                cursor?: string;
                /** @description Rows of a page. */
                limit?: number;
            };
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The team. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_TeamMember"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    add_team_member: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request repeatable for 24 hours: the same request under the same key gets the same answer. */
                "Idempotency-Key"?: string;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The team. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewTeamMember"];
            };
        };
        responses: {
            /** @description The member is in the team. */
            201: {
                headers: {
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TeamMember"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    remove_team_member: {
        parameters: {
            query?: never;
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The team. */
                id: string;
                /** @description The person. */
                user_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The person is not in the team any more. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_templates: {
        parameters: {
            query?: {
                /** @description Kinds of channel, with commas between them. */
                channel_type?: string;
                /** @description `next_cursor` of the page before. */
                cursor?: string;
                /** @description Its language. */
                language?: string;
                /** @description Rows of a page. */
                limit?: number;
                /** @description What its name holds. */
                search?: string;
                /** @description The order. */
                sort?: "name" | "created_at";
                /** @description Verdicts, with commas between them. */
                status?: string;
            };
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Template"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_template: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request repeatable for 24 hours: the same request under the same key gets the same answer. */
                "Idempotency-Key"?: string;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewTemplate"];
            };
        };
        responses: {
            /** @description It was made. */
            201: {
                headers: {
                    ETag?: string;
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Template"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_template: {
        parameters: {
            query?: never;
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The template. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The template. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Template"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_template: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is meant for. */
                "If-Match"?: string | null;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The template. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something else refers to it. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It was changed meanwhile. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_template: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is meant for. */
                "If-Match"?: string | null;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The template. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TemplateChange"];
            };
        };
        responses: {
            /** @description It was changed. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Template"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It was changed meanwhile. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_webhooks: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before. */
                cursor?: string;
                /** @description Which events. */
                event_type?: string;
                /** @description Whether events are put out. */
                is_active?: boolean;
                /** @description Rows of a page. */
                limit?: number;
            };
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Webhook"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_webhook: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request repeatable for 24 hours: the same request under the same key gets the same answer. */
                "Idempotency-Key"?: string;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewWebhook"];
            };
        };
        responses: {
            /** @description It was made. */
            201: {
                headers: {
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MadeWebhook"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_webhook: {
        parameters: {
            query?: never;
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The webhook. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The webhook. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_webhook: {
        parameters: {
            query?: never;
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The webhook. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something else refers to it. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_webhook: {
        parameters: {
            query?: never;
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The webhook. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WebhookChange"];
            };
        };
        responses: {
            /** @description It was changed. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_webhook_deliveries: {
        parameters: {
            query?: {
                /** @description Where the page begins: `next_cursor` of the page before. */
                cursor?: string;
                /** @description How many a page holds. */
                limit?: number;
                /** @description How they stand, with commas. */
                status?: ("pending" | "sending" | "succeeded" | "failed" | "dead")[];
            };
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The subscription. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of deliveries. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_WebhookDelivery"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    replay_webhook: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request repeatable for 24 hours: the same request under the same key gets the same answer. */
                "Idempotency-Key"?: string;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The subscription. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Replay"];
            };
        };
        responses: {
            /** @description They are on their way. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Replayed"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    test_webhook: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request repeatable for 24 hours: the same request under the same key gets the same answer. */
                "Idempotency-Key"?: string;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The subscription. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is on its way. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tested"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_widget: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The widget's public token. */
                widget: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The widget. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Widget"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The widget is not for this page. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such widget. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    upload_visitor_attachment: {
        parameters: {
            query: {
                /**
                 * @description Its name, whose extension must agree with its bytes.
                 * @example photo.jpg
                 */
                filename: string;
            };
            header?: never;
            path: {
                /** @description The widget's public token. */
                widget: string;
            };
            cookie?: never;
        };
        /** @description The bytes. */
        requestBody: {
            content: {
                "application/octet-stream": string;
            };
        };
        responses: {
            /** @description It is kept. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VisitorAttachment"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The visitor's token is missing or not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The widget takes no files, or is not for this page. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such widget. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Files of this kind are not taken. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many files. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    download_visitor_attachment: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The file. */
                id: string;
                /** @description The widget's public token. */
                widget: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The bytes. */
            200: {
                headers: {
                    "Content-Disposition"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": string;
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The visitor's token is missing or not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The widget is not for this page. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such file for this visitor. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The bytes are kept elsewhere. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_visitor_conversation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The widget's public token. */
                widget: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description How it stands. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The visitor's token is missing or not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The widget is not for this page. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such widget. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    verify_visitor: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The widget's public token. */
                widget: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["IdentityProof"];
            };
        };
        responses: {
            /** @description The session. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProvenVisitor"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The proof is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The widget is not for this page. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such widget. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many attempts of one network. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_visitor_messages: {
        parameters: {
            query?: {
                /** @description `previous_cursor` of a page: what stands before it. */
                before?: string;
                /** @description `next_cursor` of a page: what follows it. */
                cursor?: string;
            };
            header?: never;
            path: {
                /** @description The widget's public token. */
                widget: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VisitorMessages"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The visitor's token is missing or not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The widget is not for this page. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such widget. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    send_visitor_message: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The widget's public token. */
                widget: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SendVisitorMessage"];
            };
        };
        responses: {
            /** @description It is stored. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StoredMessage"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The visitor's token is missing or not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The widget is not for this page. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such widget. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many messages. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rate_visitor_conversation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The widget's public token. */
                widget: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["VisitorRating"];
            };
        };
        responses: {
            /** @description It is noted. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VisitorRating"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The visitor's token is missing or not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The widget is not for this page. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such widget. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing to rate. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    mark_visitor_read: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The widget's public token. */
                widget: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["VisitorMark"];
            };
        };
        responses: {
            /** @description It is noted. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The visitor's token is missing or not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The widget is not for this page. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such widget or message. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    stream_visitor_events: {
        parameters: {
            query?: never;
            header?: {
                /** @description The id of the last event that was seen. */
                "Last-Event-ID"?: string | null;
            };
            path: {
                /** @description The widget's public token. */
                widget: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The stream. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The visitor's token is missing or not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The widget is not for this page. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such widget. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many streams are open. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    show_visitor_typing: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The widget's public token. */
                widget: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["VisitorTyping"];
            };
        };
        responses: {
            /** @description It is shown. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The visitor's token is missing or not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The widget is not for this page. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such widget. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too often. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_visitor: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The widget's public token. */
                widget: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The visitor. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewVisitor"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The widget is not for this page, or is for proven visitors only. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such widget. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many visitors of one network. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    end_visitor: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The widget's public token. */
                widget: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is over. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such session. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The widget is not for this page. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such widget. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_widgets: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before. */
                cursor?: string;
                /** @description Rows of a page. */
                limit?: number;
            };
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_OwnWidget"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_widget: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request repeatable for 24 hours: the same request under the same key gets the same answer. */
                "Idempotency-Key"?: string;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewWidget"];
            };
        };
        responses: {
            /** @description It was made. */
            201: {
                headers: {
                    ETag?: string;
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OwnWidget"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_own_widget: {
        parameters: {
            query?: never;
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The widget. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The widget. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OwnWidget"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_widget: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is meant for. */
                "If-Match"?: string | null;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The widget. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It was changed meanwhile. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_widget: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is meant for. */
                "If-Match"?: string | null;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The widget. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WidgetChange"];
            };
        };
        responses: {
            /** @description It was changed. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OwnWidget"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It was changed meanwhile. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_widget_secrets: {
        parameters: {
            query?: never;
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The widget. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The secrets, without what they are. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WidgetSecrets"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_widget_secret: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request repeatable for 24 hours: the same request under the same key gets the same answer. */
                "Idempotency-Key"?: string;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The widget. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It was made. */
            201: {
                headers: {
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MadeWidgetSecret"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There are two already. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_widget_secret: {
        parameters: {
            query?: never;
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The widget. */
                id: string;
                /** @description The secret. */
                secret: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_widget_snippet: {
        parameters: {
            query?: never;
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The widget. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Its token and the line of HTML. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Snippet"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    renew_widget_token: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request repeatable for 24 hours: the same request under the same key gets the same answer. */
                "Idempotency-Key"?: string;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The widget. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Its token and the line of HTML. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Snippet"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_workflows: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before. */
                cursor?: string;
                /** @description Whether they are started. */
                is_active?: boolean;
                /** @description Rows of a page. */
                limit?: number;
                /** @description What its name holds. */
                search?: string;
                /** @description The order. */
                sort?: "name" | "created_at";
                /** @description What starts them, with commas between them. */
                trigger_type?: string;
            };
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Workflow"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_workflow: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request repeatable for 24 hours: the same request under the same key gets the same answer. */
                "Idempotency-Key"?: string;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewWorkflow"];
            };
        };
        responses: {
            /** @description It was made. */
            201: {
                headers: {
                    ETag?: string;
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Workflow"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_workflow: {
        parameters: {
            query?: never;
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The workflow. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The workflow. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Workflow"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_workflow: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is meant for. */
                "If-Match"?: string | null;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The workflow. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Something else refers to it. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It was changed meanwhile. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_workflow: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is meant for. */
                "If-Match"?: string | null;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The workflow. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WorkflowChange"];
            };
        };
        responses: {
            /** @description It was changed. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Workflow"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It was changed meanwhile. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_workspaces: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before. */
                cursor?: string;
                /** @description Rows of a page. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Workspace"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_workspace: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes the request repeatable for 24 hours: the same request under the same key gets the same answer. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewWorkspace"];
            };
        };
        responses: {
            /** @description It was made. */
            201: {
                headers: {
                    ETag?: string;
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Workspace"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The short name is taken. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_workspace: {
        parameters: {
            query?: never;
            header?: {
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The workspace. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The workspace. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Workspace"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_workspace: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is meant for. */
                "If-Match"?: string | null;
                /** @description The workspace that is meant; without it the one that the session chose, else the person's first. */
                "Romashka-Workspace"?: string;
            };
            path: {
                /** @description The workspace. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WorkspaceChange"];
            };
        };
        responses: {
            /** @description It was changed. */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Workspace"];
                };
            };
            /** @description The request cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nobody is signed in, or the credentials are not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The role, the key's scope or the database's rules do not allow it. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing for the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It was changed meanwhile. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A value is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; `Retry-After` says when there may be more. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_health: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_metrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_readiness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Readiness"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
